import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Producers } from '../../src/engine/producers.ts';
import { BadRecordError, LimitError, UnavailableError } from '../../src/errors.ts';
import {
  idempotentProducer,
  type ProducedEvent,
  type ProducerOptions,
  type ProducerProgress,
} from '../../src/kinesis/producer.ts';
import { opened } from '../../src/schema/envelope.ts';
import { kinesisClient, type TestStream, useServers } from '../runtime/local/servers.ts';
import { type Fault, type FaultProxy, startFaultProxy, throttle } from '../support/fault-proxy.ts';
import { random } from '../support/random.ts';
import { type StreamRecord, streamRecords } from '../support/stream-records.ts';

const servers = useServers();
let stream: TestStream;
let proxy: FaultProxy;
beforeEach(async () => {
  stream = await servers.stream(2);
  proxy = await startFaultProxy(servers.kinesisEndpoint());
});
afterEach(() => proxy.stop());

test('events are JSON in an envelope, under their key', async () => {
  const producer = open();
  await producer.put({ n: 1 }, { key: 'a' });
  await producer.flush();
  const [record] = await allRecords();
  expect(record?.partitionKey).toBe('a');
  expect(JSON.parse(Buffer.from(record?.data ?? []).toString())).toEqual({
    tidemark: {
      producer: expect.any(String),
      chunk: '000000000000',
      index: 0,
      withinMs: 3_600_000,
    },
    event: { n: 1 },
  });
});

describe('whatever goes wrong', () => {
  test.each([1, 2, 3])('events of a key are there once and in order (seed %i)', async (seed) => {
    const chance = random(seed);
    const producer = open({
      concurrency: chance.pick([1, 3]),
      bufferedMax: chance.pick([20, 10_000]),
    });
    const put: Record<string, number[]> = {};
    for (let n = 0; n < 400; n++) {
      if (chance.chance(0.05))
        proxy.inject('PutRecords', trouble(chance.below(4), chance.below(3)));
      if (chance.chance(0.02)) await producer.flush();
      const key = `k${chance.below(chance.pick([3, 30]))}`;
      put[key] = [...(put[key] ?? []), n];
      await producer.put({ n }, { key });
    }
    await producer.close();
    expect(await firstCopies()).toEqual(put);
    expect(producer.progress).toMatchObject({
      put: 400,
      acknowledged: 400,
      failed: 0,
      buffered: 0,
    });
    resent.push(producer.progress.resent);
  });

  test('things did go wrong', () => {
    expect(Math.max(...resent)).toBeGreaterThan(10);
  });
});

const resent: number[] = [];

function trouble(kind: number, rest: number): Fault {
  const which = (place: number): boolean => place % 3 === rest;
  const faults = [{ kind: 'refuse records', which }, throttle(), { kind: 'lose reply' }] as const;
  return faults[kind] ?? { kind: 'refuse records', which: () => true };
}

test('events go together that come together', async () => {
  const producer = open({ concurrency: 1, lingerMs: 60_000 });
  for (let n = 0; n < 700; n++) await producer.put({ n }, { key: `k${n}` });
  await producer.flush();
  expect(proxy.calls).toEqual(['PutRecords', 'PutRecords']);
});

test('without a flush an event waits no longer than it may', async () => {
  const producer = open({ lingerMs: 1 });
  await producer.put(1, { key: 'a' });
  await expect.poll(() => producer.progress.acknowledged).toBe(1);
});

test.each([
  ['events', { bufferedMax: 3 }],
  ['bytes', { bufferedBytesMax: 1_000 }],
])('put waits where too many %s wait', async (_, options) => {
  proxy.inject('PutRecords', { kind: 'hang' });
  const producer = open({ ...options, lingerMs: 1, client: impatient() });
  let most = 0;
  for (let n = 0; n < 20; n++) {
    await producer.put({ n, text: 'x'.repeat(200) }, { key: `k${n}` });
    most = Math.max(most, producer.progress.buffered);
  }
  await producer.close();
  expect(most).toBeLessThan(5);
  expect(Object.keys(await firstCopies())).toHaveLength(20);
});

describe('events that are not taken in all tries', () => {
  const refuse = { kind: 'refuse records', which: () => true } as const;

  test('are given back, and the flush says why; those after them go on', async () => {
    const failed: ProducedEvent[] = [];
    const backoff = { baseMs: 1, triesMax: 2 };
    const producer = open({
      concurrency: 1,
      backoff,
      onFailed: (events) => failed.push(...events),
    });
    proxy.inject('PutRecords', refuse, refuse);
    await producer.put({ n: 1 }, { key: 'a' });
    await expect(producer.flush()).rejects.toThrow(UnavailableError);
    expect(failed).toEqual([{ event: { n: 1 }, key: 'a' }]);
    await producer.put({ n: 2 }, { key: 'a' });
    await producer.flush();
    expect(await firstCopies()).toEqual({ a: [2] });
    expect(producer.progress).toMatchObject({ put: 2, acknowledged: 1, failed: 1, buffered: 0 });
  });

  test('are so at once where the stream does not exist', async () => {
    const producer = open({ streamName: 'nowhere' });
    await producer.put({ n: 1 }, { key: 'a' });
    await expect(producer.close()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

test('progress is told after each chunk, and whoever is told may fail', async () => {
  const told: ProducerProgress[] = [];
  const onProgress = (progress: ProducerProgress): void => {
    told.push(progress);
    throw new Error('not my day');
  };
  const producer = open({ concurrency: 1, onProgress });
  for (const n of [1, 2]) await producer.put({ n }, { key: 'a' });
  await producer.flush();
  expect(told.map(({ acknowledged, buffered }) => [acknowledged, buffered])).toEqual([
    [1, 1],
    [2, 0],
  ]);
});

test('what cannot be an event is refused when it is put', async () => {
  const producer = open();
  const itself: unknown[] = [];
  itself.push(itself);
  for (const none of [undefined, 1n, itself]) {
    await expect(producer.put(none, { key: 'a' })).rejects.toThrow(BadRecordError);
  }
  await expect(producer.put(1, { key: '' })).rejects.toThrow(BadRecordError);
  await expect(producer.put(1, { key: 'k'.repeat(257) })).rejects.toThrow(BadRecordError);
  await expect(producer.put('x'.repeat(1024 * 1024), { key: 'a' })).rejects.toThrow(LimitError);
  await producer.put('x'.repeat(1024 * 1024 - 300), { key: 'a' });
  await producer.close();
  await expect(producer.put(1, { key: 'a' })).rejects.toMatchObject({ code: 'PRODUCER_CLOSED' });
  expect(await allRecords()).toHaveLength(1);
});

const open = (options: Partial<ProducerOptions> = {}) =>
  idempotentProducer({
    client: kinesisClient(proxy.endpoint),
    streamName: stream.name,
    lingerMs: 5,
    backoff: { baseMs: 1 },
    ...options,
  });

/** A client that soon gives up a request that is not answered. */
const impatient = () =>
  kinesisClient(proxy.endpoint, { requestTimeout: 300, throwOnRequestTimeout: true });

const allRecords = async (): Promise<StreamRecord[]> =>
  [...(await streamRecords(stream.client, stream.name)).values()].flat();

/** By key, the numbers of its events as a lane takes them. */
async function firstCopies(): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for (const records of (await streamRecords(stream.client, stream.name)).values()) {
    const producers = Producers.parse([]);
    for (const { partitionKey, data } of records) {
      const { envelope, event } = opened(data) ?? {};
      if (envelope === undefined || producers.has(envelope)) continue;
      producers.add(envelope, 0);
      const { n } = JSON.parse(Buffer.from(event ?? []).toString()) as { n: number };
      found[partitionKey] = [...(found[partitionKey] ?? []), n];
    }
  }
  return found;
}
