import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { PutRecord, PutRecords } from './player.ts';

/** Throttles of the call as a whole; those of single records come back with the answer. */
const THROTTLES = new Set(['ProvisionedThroughputExceededException', 'LimitExceededException']);

/** Told of each record that the stream has acknowledged, with the shard that has it. */
export type OnTaken = (record: PutRecord, shardId: string) => void;

/** Puts records into a Kinesis stream; what is throttled counts as not taken. */
export function kinesisPut(
  client: KinesisClient,
  streamName: string,
  onTaken: OnTaken = () => {},
): PutRecords {
  return async (records) => {
    const command = new PutRecordsCommand({
      StreamName: streamName,
      Records: records.map(({ data, partitionKey }) => ({
        Data: data,
        PartitionKey: partitionKey,
      })),
    });
    try {
      const answers = (await client.send(command)).Records ?? [];
      for (const [index, record] of records.entries()) {
        const { ShardId, ErrorCode } = answers[index] ?? {};
        if (ShardId !== undefined && ErrorCode === undefined) onTaken(record, ShardId);
      }
      return { failed: indexesWhere(answers, (answer) => answer.ErrorCode !== undefined) };
    } catch (error) {
      if (!(error instanceof Error && THROTTLES.has(error.name))) throw error;
      return { failed: indexesWhere(records, () => true) };
    }
  };
}

/** Puts each record into the stream that it names; those of one stream stay in their order. */
export const putByStream =
  (streams: Readonly<Record<string, PutRecords>>): PutRecords =>
  async (records) => {
    const names = new Set(records.map(({ stream = '' }) => stream));
    const answers = [...names].map(async (stream) => {
      const mine = indexesWhere(records, (record) => (record.stream ?? '') === stream);
      const put = streams[stream];
      if (put === undefined) throw new TypeError(`there is no stream "${stream}"`);
      const { failed } = await put(mine.map((index) => records[index] as PutRecord));
      return failed.map((index) => mine[index] as number);
    });
    return { failed: (await Promise.all(answers)).flat().toSorted((a, b) => a - b) };
  };

function indexesWhere<T>(items: readonly T[], holds: (item: T) => boolean): number[] {
  return items.flatMap((item, index) => (holds(item) ? [index] : []));
}
