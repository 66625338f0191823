import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { expect, onTestFinished, test } from 'vitest';
import { bucketKey } from '../../../src/engine/keys.ts';
import { startControlWatcher } from '../../../src/runtime/local/control-watcher.ts';
import { until, useServers } from './servers.ts';

const servers = useServers();

test('a raised target is told once, as the stream of the table would', async () => {
  const table = await newTable();
  const { events, watcher } = watch(table, [{ name: 'clicks', buckets: 3 }]);
  await setBucket(table, 'clicks', 2, { target: 5_000 });
  await until(() => events.length === 1);
  expect(events[0]).toMatchObject({
    Records: [
      {
        eventSource: 'aws:dynamodb',
        eventName: 'INSERT',
        eventSourceARN: expect.stringContaining(`table/${table}/stream/`),
        dynamodb: {
          Keys: { pk: { S: 'clicks#bucket#2' }, sk: { S: 'fire' } },
          NewImage: { pk: { S: 'clicks#bucket#2' }, sk: { S: 'fire' }, target: { N: '5000' } },
          StreamViewType: 'NEW_IMAGE',
          SequenceNumber: expect.stringMatching(/^\d+$/),
        },
      },
    ],
  });
  await until(() => watcher.idle());
  await setBucket(table, 'clicks', 2, { target: 6_000, firedThrough: 5_000 });
  await until(() => events.length === 2);
  const [first, second] = events.flatMap((event) => event.Records);
  expect(second?.eventName).toBe('MODIFY');
  expect(numberOf(second)).toBeGreaterThan(numberOf(first));
});

test('a bucket that is behind at the start is told, one that is not is left alone', async () => {
  const table = await newTable();
  await setBucket(table, 'clicks', 0, { target: 2_000, firedThrough: 1_000 });
  await setBucket(table, 'clicks', 1, { target: 2_000, firedThrough: 2_000 });
  await setBucket(table, 'clicks', 2, { target: 2_000 });
  const { told, watcher } = watch(table, [{ name: 'clicks', buckets: 3 }]);
  await until(() => watcher.idle());
  expect(told()).toEqual(['clicks#bucket#0=2000', 'clicks#bucket#2=2000']);
  await setBucket(table, 'clicks', 1, { target: 3_000 });
  await until(() => told().length === 3);
});

test('a fired slot without a new target is no news', async () => {
  const table = await newTable();
  const { told, watcher } = watch(table, [{ name: 'clicks', buckets: 1 }]);
  await setBucket(table, 'clicks', 0, { target: 1_000 });
  await until(() => told().length === 1);
  await setBucket(table, 'clicks', 0, { target: 1_000, firedThrough: 1_000 });
  await setBucket(table, 'clicks', 0, { target: 2_000, firedThrough: 1_000 });
  await until(() => told().length > 1 && watcher.idle());
  expect(told()).toEqual(['clicks#bucket#0=1000', 'clicks#bucket#0=2000']);
});

test('more buckets than one read takes, of several stages, come in one batch', async () => {
  const table = await newTable();
  await Promise.all(
    Array.from({ length: 130 }, (_, bucket) => setBucket(table, 'wide', bucket, { target: 1 })),
  );
  await setBucket(table, 'other', 0, { target: 1 });
  const { events } = watch(table, [
    { name: 'wide', buckets: 130 },
    { name: 'other', buckets: 1 },
  ]);
  await until(() => events.length > 0);
  expect(events[0]?.Records).toHaveLength(131);
});

test('after a throw everything comes again, after a partial failure what follows it', async () => {
  const table = await newTable();
  for (const bucket of [0, 1, 2]) await setBucket(table, 'clicks', bucket, { target: 1 });
  const answers = [
    () => Promise.reject(new Error('boom')),
    (event: DynamoDBStreamEvent) => failedFrom(event, 1),
    () => undefined,
  ];
  const errors: unknown[] = [];
  const { events, watcher } = watch(table, [{ name: 'clicks', buckets: 3 }], {
    answer: (event) => answers.shift()?.(event),
    onError: (error) => errors.push(error),
  });
  await until(() => watcher.idle());
  expect(events.map((event) => event.Records.length)).toEqual([3, 3, 2]);
  expect(errors).toEqual([new Error('boom')]);
});

test('there is one invocation at a time, and stop waits for it', async () => {
  const table = await newTable();
  await setBucket(table, 'clicks', 0, { target: 1 });
  let release: () => void = () => {};
  const answered = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { events, watcher } = watch(table, [{ name: 'clicks', buckets: 2 }], {
    answer: () => answered,
  });
  await until(() => events.length === 1);
  await setBucket(table, 'clicks', 1, { target: 1 });
  const order: string[] = [];
  const stopped = watcher.stop().then(() => order.push('stopped'));
  setImmediate(() => {
    order.push('answered');
    release();
  });
  await stopped;
  expect(order).toEqual(['answered', 'stopped']);
  expect(events).toHaveLength(1);
});

const numberOf = (record: DynamoDBRecord | undefined): bigint =>
  BigInt(record?.dynamodb?.SequenceNumber ?? 0);

let tables = 0;

async function newTable(): Promise<string> {
  tables += 1;
  const table = `control-${tables}`;
  await servers.table(table);
  return table;
}

interface Behaviour {
  answer?: (event: DynamoDBStreamEvent) => unknown;
  onError?: (error: unknown) => void;
}

function watch(
  table: string,
  stages: { name: string; buckets: number }[],
  { answer, onError = () => {} }: Behaviour = {},
) {
  const events: DynamoDBStreamEvent[] = [];
  const watcher = startControlWatcher({
    client: servers.dynamodb(),
    table,
    stages,
    intervalMs: 10,
    onError,
    invoke: async (event) => {
      events.push(event as DynamoDBStreamEvent);
      return answer?.(event as DynamoDBStreamEvent);
    },
  });
  onTestFinished(() => watcher.stop());
  const told = (): string[] =>
    events
      .flatMap((event) => event.Records)
      .map(({ dynamodb }) => `${dynamodb?.NewImage?.pk?.S}=${dynamodb?.NewImage?.target?.N}`)
      .sort();
  return { events, told, watcher };
}

const failedFrom = (event: DynamoDBStreamEvent, index: number) => ({
  batchItemFailures: [{ itemIdentifier: event.Records[index]?.dynamodb?.SequenceNumber }],
});

async function setBucket(
  table: string,
  stage: string,
  bucket: number,
  { target, firedThrough }: { target: number; firedThrough?: number },
): Promise<void> {
  const { pk, sk } = bucketKey(stage, bucket);
  await servers.dynamodb().send(
    new UpdateItemCommand({
      TableName: table,
      Key: { pk: { S: pk }, sk: { S: sk } },
      UpdateExpression: `SET target = :t${firedThrough === undefined ? '' : ', firedThrough = :f'}`,
      ExpressionAttributeValues: {
        ':t': { N: `${target}` },
        ...(firedThrough !== undefined && { ':f': { N: `${firedThrough}` } }),
      },
    }),
  );
}
