import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  MergeShardsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RecountRules } from '../../../src/cli/start/event-rules.ts';
import { kinesisPut } from '../../../src/cli/start/kinesis-put.ts';
import { play } from '../../../src/cli/start/player.ts';
import { recountStream } from '../../../src/cli/start/recount-stream.ts';
import { traffic } from '../../../src/cli/start/traffic.ts';
import type { TrafficItem } from '../../../src/cli/start/traffic-item.ts';
import { type Embedded, startEmbedded } from '../../../src/runtime/local/embedded.ts';
import { seeded } from '../../../src/seeded.ts';

const RULES: RecountRules = {
  keyField: 'url',
  filterAction: 'click',
  windowMs: 300_000,
  outOfOrdernessMs: 30_000,
  maxFutureSkewMs: 600_000,
};

const HOUR_MS = 3_600_000;
const QUARTER = (2n ** 126n).toString();

let servers: Embedded;
let client: KinesisClient;

beforeAll(async () => {
  servers = await startEmbedded();
  client = new KinesisClient({
    endpoint: servers.kinesisEndpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: new NodeHttpHandler(),
  });
}, 60_000);

afterAll(async () => {
  client.destroy();
  await servers.stop();
});

test('generated traffic is put whole, and recounted with every kind of record', async () => {
  const streamName = await createStream('generated', 4);
  const items = [
    ...traffic({ random: seeded(1), startTime: Date.now() - 2 * HOUR_MS, events: 12_000 }),
  ];
  const counts = await playAll(streamName, items);
  expect(counts).toMatchObject({ records: 12_000, complete: true });
  const result = await recountStream({ client, streamName, rules: RULES, sleep: async () => {} });
  expect(result.records).toBe(12_000);
  expect(result.counted + result.late + result.dead + result.filtered).toBe(12_000);
  expect(result.late).toBeGreaterThan(5);
  expect(result.filtered).toBeGreaterThan(2_000);
  expect(result.deadByReason).toMatchObject({ TIMESTAMP: 0, KEY: 0 });
  for (const reason of ['NOT_JSON', 'SCHEMA', 'FUTURE'] as const) {
    expect(result.deadByReason[reason]).toBeGreaterThan(0);
  }
  const values = [...result.windows.values()].map((window) => window.value);
  expect(values.reduce((sum, value) => sum + value, 0)).toBe(result.counted);
}, 60_000);

test('the order of a partition key is that of the items', async () => {
  const streamName = await createStream('ordered', 2);
  const at = (minutes: number) => Date.parse('2026-03-01T12:00:00Z') + minutes * 60_000;
  const items = [0, 20, 1].map((minutes) => click('u1', at(minutes)));
  await playAll(streamName, items);
  expect(await recounted(streamName)).toMatchObject({ counted: 2, late: 1 });
});

test('a child shard goes on from its parents', async () => {
  const streamName = await createStream('resharded', 2);
  const [lower, upper] = ['shardId-000000000000', 'shardId-000000000001'];
  const noon = Date.parse('2026-03-01T12:00:00Z');
  // Both shards are far ahead; then the lower one is split, and one half merged with the upper one.
  const users = Array.from({ length: 20 }, (_, index) => `u${index}`);
  await playAll(
    streamName,
    users.map((user) => click(user, noon)),
  );
  await client.send(
    new SplitShardCommand({
      StreamName: streamName,
      ShardToSplit: lower,
      NewStartingHashKey: QUARTER,
    }),
  );
  await untilActive(streamName);
  await client.send(
    new MergeShardsCommand({
      StreamName: streamName,
      ShardToMerge: 'shardId-000000000003',
      AdjacentShardToMerge: upper,
    }),
  );
  await untilActive(streamName);
  await playAll(
    streamName,
    users.map((user) => click(user, noon - HOUR_MS)),
  );
  expect(await recounted(streamName)).toMatchObject({ records: 40, counted: 20, late: 20 });
}, 30_000);

test('what the stream refuses for good is thrown', async () => {
  await expect(playAll('no-such-stream', [click('u1', 0)])).rejects.toThrow(/not found/);
});

test('throttles count as refusals: of records and of the call', async () => {
  const answers = [
    { Records: [{ ErrorCode: 'ProvisionedThroughputExceededException' }, {}, { ErrorCode: 'x' }] },
    Object.assign(new Error('slow down'), { name: 'ProvisionedThroughputExceededException' }),
  ];
  const fake = { send: async () => answers.shift() };
  const put = kinesisPut(throwing(fake), 'stream');
  const records = ['a', 'b', 'c'].map((key) => ({ data: new Uint8Array(), partitionKey: key }));
  expect(await put(records)).toEqual({ failed: [0, 2] });
  expect(await put(records)).toEqual({ failed: [0, 1, 2] });
});

test('reading waits when Kinesis asks for it', async () => {
  const streamName = await createStream('throttled', 1);
  await playAll(streamName, [click('u1', 0)]);
  let refusals = 2;
  const slow = throwing({
    send: async (command: object) => {
      if (command.constructor.name === 'GetRecordsCommand' && refusals-- > 0) {
        const name = 'ProvisionedThroughputExceededException';
        return Object.assign(new Error('slow down'), { name });
      }
      return client.send(command as never);
    },
  });
  const pauses: number[] = [];
  const sleep = async (durationMs: number) => {
    pauses.push(durationMs);
  };
  const result = await recountStream({ client: slow, streamName, rules: RULES, sleep });
  expect(result.records).toBe(1);
  expect(pauses).toEqual([1_000, 1_000]);
});

async function createStream(name: string, shards: number): Promise<string> {
  await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  await untilActive(name);
  return name;
}

async function untilActive(name: string): Promise<void> {
  for (;;) {
    const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName: name }));
    if (answer.StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return;
    await pause(50);
  }
}

const playAll = (streamName: string, items: readonly TrafficItem[]) =>
  play({
    items,
    putRecords: kinesisPut(client, streamName),
    speed: 'max',
    now: () => 0,
    sleep: pause,
    random: seeded(1),
    signal: new AbortController().signal,
  });

const recounted = (streamName: string) =>
  recountStream({ client, streamName, rules: RULES, sleep: pause });

const click = (user: string, eventTime: number): TrafficItem => ({
  line: JSON.stringify({
    timestamp: new Date(eventTime).toISOString(),
    user_id: user,
    action: 'click',
    url: '/',
  }),
  partitionKey: user,
  arrivalTime: eventTime,
});

/** A client that throws the errors that `send` answers with. */
const throwing = (fake: { send: (command: object) => Promise<unknown> }): KinesisClient =>
  ({
    send: async (command: object) => {
      const answer = await fake.send(command);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  }) as unknown as KinesisClient;

const pause = (durationMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, durationMs));
