import { setTimeout as sleep } from 'node:timers/promises';
import { type KinesisClient, ListShardsCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { eventLine } from './plan.ts';

/** So often events are put, all of those that are due together, ms. */
const TICK_MS = 20;

/** What is put where. */
export interface Production {
  readonly client: KinesisClient;
  readonly streamName: string;
  /** Events a second. */
  readonly rate: number;
  /** How long, ms. */
  readonly forMs: number;
}

/** An event of a shard: when it was due to be put, which is also when it happened, ms. */
export interface Put {
  readonly shard: string;
  readonly at: number;
}

/**
 * Puts events at a fixed rate, to the shards in turn. An event that the stream was too slow to take in
 * time counts from when it was due.
 */
export async function produce({ client, streamName, rate, forMs }: Production): Promise<Put[]> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: streamName }));
  const puts: Put[] = [];
  const begunAt = Date.now();
  for (let elapsed = 0; elapsed < forMs; elapsed += TICK_MS) {
    const at = begunAt + elapsed;
    await sleep(Math.max(0, at - Date.now()));
    const due = Math.floor(((elapsed + TICK_MS) * rate) / 1_000) - puts.length;
    const Records = Array.from({ length: due }, (_, n) => {
      const number = puts.length + n;
      const { ShardId = '', HashKeyRange } = Shards[number % Shards.length] ?? {};
      const hash = HashKeyRange?.StartingHashKey;
      const Data = Buffer.from(eventLine(number, at));
      return {
        put: { shard: ShardId, at },
        record: { Data, PartitionKey: 'any', ExplicitHashKey: hash },
      };
    });
    if (due === 0) continue;
    puts.push(...Records.map(({ put }) => put));
    const command = { StreamName: streamName, Records: Records.map(({ record }) => record) };
    const { FailedRecordCount } = await client.send(new PutRecordsCommand(command));
    if (FailedRecordCount) throw new Error(`${FailedRecordCount} records were not put`);
  }
  return puts;
}
