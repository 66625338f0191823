import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { PutRecords } from './player.ts';

/** Throttles of the call as a whole; those of single records come back with the answer. */
const THROTTLES = new Set(['ProvisionedThroughputExceededException', 'LimitExceededException']);

/** Puts records into a Kinesis stream; what is throttled counts as not taken. */
export function kinesisPut(client: KinesisClient, streamName: string): PutRecords {
  return async (records) => {
    const command = new PutRecordsCommand({
      StreamName: streamName,
      Records: records.map(({ data, partitionKey }) => ({
        Data: data,
        PartitionKey: partitionKey,
      })),
    });
    try {
      const answer = await client.send(command);
      return {
        failed: indexesWhere(answer.Records ?? [], (taken) => taken.ErrorCode !== undefined),
      };
    } catch (error) {
      if (!(error instanceof Error && THROTTLES.has(error.name))) throw error;
      return { failed: indexesWhere(records, () => true) };
    }
  };
}

function indexesWhere<T>(items: readonly T[], holds: (item: T) => boolean): number[] {
  return items.flatMap((item, index) => (holds(item) ? [index] : []));
}
