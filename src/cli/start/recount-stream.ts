import {
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  type ListShardsCommandOutput,
} from '@aws-sdk/client-kinesis';
import type { RecountRules, StreamRecord } from './event-rules.ts';
import { parentsFirst, type Recount, Recounter, type WatermarkRaise } from './recount.ts';

/** A stream to be recounted from its oldest record on. */
export interface RecountStreamOptions {
  readonly client: KinesisClient;
  readonly streamName: string;
  readonly rules: RecountRules;
  readonly raises?: readonly WatermarkRaise[];
  /** Waits where Kinesis asks to read more slowly. */
  readonly sleep: (durationMs: number) => Promise<void>;
}

const THROTTLE_PAUSE_MS = 1_000;
const THROTTLES_MAX = 60;

/** Reads every shard to its end, children after parents, and recounts it. */
export async function recountStream(options: RecountStreamOptions): Promise<Recount> {
  const recounter = new Recounter(options.rules, options.raises);
  for (const shard of parentsFirst(await listShards(options))) {
    recounter.begin(shard);
    for await (const page of pagesOf(options, shard.shardId)) recounter.add(page);
    recounter.end();
  }
  return recounter.result();
}

async function listShards({ client, streamName }: RecountStreamOptions) {
  const shards: { shardId: string; parents: string[] }[] = [];
  let token: string | undefined;
  do {
    const from = token === undefined ? { StreamName: streamName } : { NextToken: token };
    const answer: ListShardsCommandOutput = await client.send(new ListShardsCommand(from));
    for (const shard of answer.Shards ?? []) {
      const parents = [shard.ParentShardId, shard.AdjacentParentShardId];
      shards.push({
        shardId: shard.ShardId ?? '',
        parents: parents.filter((parent) => parent !== undefined),
      });
    }
    token = answer.NextToken;
  } while (token !== undefined);
  return shards;
}

/** The pages of a shard up to its present end. */
async function* pagesOf(
  options: RecountStreamOptions,
  shardId: string,
): AsyncGenerator<StreamRecord[]> {
  let iterator = await firstIterator(options, shardId);
  while (iterator !== undefined) {
    const page: GetRecordsCommandOutput = await readPage(options, iterator);
    const records = (page.Records ?? []).map((record) => ({
      sequenceNumber: record.SequenceNumber ?? '',
      data: record.Data ?? new Uint8Array(),
      arrivalTime: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
    }));
    if (records.length > 0) yield records;
    // An empty page is the end only if the reader is at the tip.
    else if ((page.MillisBehindLatest ?? 0) === 0) return;
    iterator = page.NextShardIterator ?? undefined;
  }
}

async function firstIterator({ client, streamName }: RecountStreamOptions, shardId: string) {
  const answer = await client.send(
    new GetShardIteratorCommand({
      StreamName: streamName,
      ShardId: shardId,
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  );
  return answer.ShardIterator;
}

async function readPage(
  { client, sleep }: RecountStreamOptions,
  iterator: string,
): Promise<GetRecordsCommandOutput> {
  for (let throttles = 0; ; throttles += 1) {
    try {
      return await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
    } catch (error) {
      const isThrottle =
        error instanceof Error && error.name === 'ProvisionedThroughputExceededException';
      if (!isThrottle || throttles === THROTTLES_MAX) throw error;
      await sleep(THROTTLE_PAUSE_MS);
    }
  }
}
