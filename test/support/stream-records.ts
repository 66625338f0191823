import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';

/** A record of a stream, as it lies there. */
export interface StreamRecord {
  readonly partitionKey: string;
  readonly position: string;
  readonly data: Uint8Array;
  readonly arrivalTime: number;
}

/** Every record of a stream, by shard and in order. */
export async function streamRecords(
  client: KinesisClient,
  StreamName: string,
): Promise<Map<string, StreamRecord[]>> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
  const shards = await Promise.all(
    Shards.map(async ({ ShardId = '' }) => {
      const records = await shardRecords(client, StreamName, ShardId);
      return [ShardId, records] as const;
    }),
  );
  return new Map(shards);
}

async function shardRecords(
  client: KinesisClient,
  StreamName: string,
  ShardId: string,
): Promise<StreamRecord[]> {
  const start = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
  let { ShardIterator: next } = await client.send(new GetShardIteratorCommand(start));
  const records: StreamRecord[] = [];
  while (next !== undefined) {
    const page = await client.send(new GetRecordsCommand({ ShardIterator: next }));
    for (const record of page.Records ?? []) {
      records.push({
        partitionKey: record.PartitionKey ?? '',
        position: record.SequenceNumber ?? '',
        data: record.Data ?? new Uint8Array(),
        arrivalTime: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
      });
    }
    if (page.Records?.length === 0 && page.MillisBehindLatest === 0) break;
    next = page.NextShardIterator ?? undefined;
  }
  return records;
}
