import {
  type KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  type Shard,
  SplitShardCommand,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';

/** The shards that can be written to. A stream of this size is listed at once. */
export async function openShards(kinesis: KinesisClient, stream: string): Promise<Shard[]> {
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName: stream }));
  return Shards.filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined);
}

/** Puts a line into every open shard. Resolves with how many there are. */
export async function putIntoEach(
  kinesis: KinesisClient,
  stream: string,
  line: string,
): Promise<number> {
  const shards = await openShards(kinesis, stream);
  for (const shard of shards) {
    await kinesis.send(
      new PutRecordCommand({
        StreamName: stream,
        Data: Buffer.from(line),
        PartitionKey: 'closing',
        ExplicitHashKey: shard.HashKeyRange?.StartingHashKey,
      }),
    );
  }
  return shards.length;
}

const WAIT_SECONDS = 60;

/** Splits the first open shard in halves. Resolves with its id when both can be written to. */
export async function splitFirst(kinesis: KinesisClient, stream: string): Promise<string> {
  const [shard] = await openShards(kinesis, stream);
  const { StartingHashKey = '0', EndingHashKey = '0' } = shard?.HashKeyRange ?? {};
  const middle = (BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n;
  await kinesis.send(
    new SplitShardCommand({
      StreamName: stream,
      ShardToSplit: shard?.ShardId,
      NewStartingHashKey: String(middle),
    }),
  );
  await waitUntilStreamExists(
    { client: kinesis, maxWaitTime: WAIT_SECONDS, minDelay: 1, maxDelay: 2 },
    { StreamName: stream },
  );
  return shard?.ShardId ?? '';
}
