import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, vi } from 'vitest';
import { type Embedded, startEmbedded } from '../../../src/runtime/local/embedded.ts';

// Processes are started, and a busy machine takes its time.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const region = 'us-east-1';

/** A Kinesis client for a local server. */
export const kinesisClient = (
  endpoint: string,
  handler: ConstructorParameters<typeof NodeHttpHandler>[0] = {},
): KinesisClient =>
  new KinesisClient({
    endpoint,
    region,
    credentials,
    requestHandler: new NodeHttpHandler(handler),
  });

/** A DynamoDB client for a local server. */
export const dynamodbClient = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({ endpoint, region, credentials });

/** Servers for the tests of one file. */
export function useServers() {
  let embedded: Embedded;
  let kinesis: KinesisClient;
  let dynamodb: DynamoDBClient;
  let streams = 0;
  beforeAll(async () => {
    embedded = await startEmbedded();
    kinesis = kinesisClient(embedded.kinesisEndpoint);
    dynamodb = dynamodbClient(embedded.dynamodbEndpoint);
  });
  afterAll(async () => {
    kinesis.destroy();
    dynamodb.destroy();
    await embedded.stop();
  });
  return {
    kinesis: () => kinesis,
    kinesisEndpoint: () => embedded.kinesisEndpoint,
    dynamodb: () => dynamodb,
    async stream(ShardCount = 1): Promise<TestStream> {
      streams += 1;
      const StreamName = `stream-${streams}`;
      await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount }));
      const stream = testStream(kinesis, StreamName);
      await stream.active();
      return stream;
    },
    async table(TableName: string): Promise<void> {
      await dynamodb.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({
            AttributeName,
            AttributeType: 'S',
          })),
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
        }),
      );
      await until(async () => {
        const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
        return Table?.TableStatus === 'ACTIVE';
      });
    },
  };
}

/** A stream of one test. */
export type TestStream = ReturnType<typeof testStream>;

function testStream(client: KinesisClient, StreamName: string) {
  const openShards = async () =>
    ((await client.send(new ListShardsCommand({ StreamName }))).Shards ?? []).filter(
      (shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined,
    );
  const active = () =>
    until(async () => {
      const { StreamDescriptionSummary: stream } = await client.send(
        new DescribeStreamSummaryCommand({ StreamName }),
      );
      return stream?.StreamStatus === 'ACTIVE';
    });
  const changed = async (send: () => Promise<unknown>): Promise<void> => {
    await send();
    await active();
  };
  return {
    client,
    name: StreamName,
    active,
    /** Puts each value as a record, one after the other, into the n-th open shard. */
    async put(values: readonly string[], shard = 0): Promise<string[]> {
      const hash = (await openShards())[shard]?.HashKeyRange?.StartingHashKey;
      const sequenceNumbers: string[] = [];
      for (const value of values) {
        const command = new PutRecordCommand({
          StreamName,
          PartitionKey: 'key',
          ExplicitHashKey: hash,
          Data: Buffer.from(value),
        });
        sequenceNumbers.push((await client.send(command)).SequenceNumber ?? '');
      }
      return sequenceNumbers;
    },
    split: (shard = 0) =>
      changed(async () => {
        const { ShardId, HashKeyRange } = (await openShards())[shard] ?? {};
        const middle =
          (BigInt(HashKeyRange?.StartingHashKey ?? 0) + BigInt(HashKeyRange?.EndingHashKey ?? 0)) /
          2n;
        await client.send(
          new SplitShardCommand({
            StreamName,
            ShardToSplit: ShardId,
            NewStartingHashKey: `${middle}`,
          }),
        );
      }),
    merge: () =>
      changed(async () => {
        const [one, other] = await openShards();
        await client.send(
          new MergeShardsCommand({
            StreamName,
            ShardToMerge: one?.ShardId,
            AdjacentShardToMerge: other?.ShardId,
          }),
        );
      }),
  };
}

/** Waits for a condition; fails after some seconds. */
export const until = (condition: () => boolean | Promise<boolean>): Promise<void> =>
  vi.waitFor(
    async () => {
      if (!(await condition())) throw new Error('the condition does not hold');
    },
    { timeout: 20_000, interval: 10 },
  );
