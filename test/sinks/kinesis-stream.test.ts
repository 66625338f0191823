import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Producers } from '../../src/engine/producers.ts';
import { UnavailableError } from '../../src/errors.ts';
import { opened } from '../../src/schema/envelope.ts';
import { type StreamSinkOptions, streamSink } from '../../src/sinks/kinesis-stream.ts';
import { NO_CHUNK, type Output } from '../../src/sinks/sink.ts';
import { outputOf } from '../../src/testing/contracts/contract-output.ts';
import { messageContract } from '../../src/testing/contracts/message-contract.ts';
import { kinesisClient, type TestStream, useServers } from '../runtime/local/servers.ts';
import { type FaultProxy, startFaultProxy, throttle } from '../support/fault-proxy.ts';
import { type StreamRecord, streamRecords } from '../support/stream-records.ts';

const servers = useServers();
let stream: TestStream;
let proxy: FaultProxy;
beforeEach(async () => {
  stream = await servers.stream(2);
  proxy = await startFaultProxy(servers.kinesisEndpoint());
});
afterEach(() => proxy.stop());

describe('the contract', () => {
  test.each(messageContract)('$name', ({ run }) =>
    run({
      open: (deadLetters) => open({ ...(deadLetters && { deadLetters }) }),
      messages: async () => (await firstCopies()).map(({ event }) => event),
      tooLarge: 'x'.repeat(1024 * 1024),
    }),
  );
});

describe('records that the stream does not take', () => {
  const outputs = ['a', 'b', 'c', 'd'].map((key) => outputOf(key));

  test.each([
    ['some of them', { kind: 'refuse records', which: (n: number) => n % 2 === 0 }],
    ['all of them', { kind: 'refuse records', which: () => true }],
    ['a request', throttle()],
    ['a request whose reply is lost', { kind: 'lose reply' }],
  ] as const)('are sent again: %s', async (_, fault) => {
    proxy.inject('PutRecords', fault, fault);
    await open().write(outputs);
    expect((await firstCopies()).map(({ key }) => key).sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('do not overtake those ahead of them that have their key', async () => {
    const all = [0, 1, 2].flatMap((index) => ['a', 'b'].map((key) => outputOf(key, { index })));
    const refused = { kind: 'refuse records', which: (n: number) => n === 0 } as const;
    proxy.inject('PutRecords', refused, refused);
    await open().write(all.map((output, n) => ({ ...output, value: n })));
    const values = (await firstCopies()).map(({ key, event }) => [key, event.value]);
    for (const [key, expected] of [
      ['a', [0, 2, 4]],
      ['b', [1, 3, 5]],
    ] as const) {
      expect(values.filter(([of]) => of === key).map(([, value]) => value)).toEqual(expected);
    }
  });

  test('hold back the next chunk', async () => {
    stream = await servers.stream(1);
    proxy.inject('PutRecords', { kind: 'refuse records', which: (n) => n === 1 });
    await open().write([
      ...outputs.slice(0, 2),
      ...outputs.slice(2).map((output) => ({ ...output, chunk: 1 })),
    ]);
    const order = (await allRecords()).map(({ key }) => key);
    expect(order.indexOf('b')).toBeLessThan(order.indexOf('c'));
    expect(order.indexOf('b')).toBeLessThan(order.indexOf('d'));
  });

  test('make the sink unavailable in the end', async () => {
    proxy.inject('PutRecords', ...Array.from({ length: 3 }, () => refuseAll));
    await expect(open({ backoff: { baseMs: 1, triesMax: 3 } }).write(outputs)).rejects.toThrow(
      UnavailableError,
    );
  });
});

test('a chunk of more than 500 outputs has indexes that a reader can remember', async () => {
  const outputs = Array.from({ length: 1_001 }, (_, n) => outputOf(`k${n}`));
  await open().write(outputs);
  await open().write(outputs);
  expect(await firstCopies()).toHaveLength(1_001);
  expect(await allRecords()).toHaveLength(2_002);
});

test('two pipelines that write the same stage are two producers', async () => {
  await open().write([outputOf('a')]);
  await open({ producer: 'another' }).write([outputOf('a')]);
  expect(await firstCopies()).toHaveLength(2);
});

test('what goes on without keys bears no envelope', async () => {
  const output: Output = outputOf('lane#17', { shape: 'events', value: { n: 1 }, chunk: NO_CHUNK });
  await open({ partitionKey: () => 'p' }).write([output]);
  const [record] = [...(await streamRecords(stream.client, stream.name)).values()].flat();
  expect(record?.partitionKey).toBe('p');
  expect(Buffer.from(record?.data ?? []).toString()).toBe('{"n":1}');
});

const refuseAll = { kind: 'refuse records', which: () => true } as const;

const open = (options: Partial<StreamSinkOptions> = {}) =>
  streamSink({
    client: kinesisClient(proxy.endpoint),
    streamName: stream.name,
    producer: 'tests',
    backoff: { baseMs: 1 },
    ...options,
  });

interface Read {
  readonly key: string;
  readonly event: { readonly value?: unknown };
}

/** In the order in which the stream has taken them, as far as a shard goes. */
async function allRecords(): Promise<Read[]> {
  const shards = await streamRecords(stream.client, stream.name);
  const records = [...shards.values()].flat();
  return records.sort((a, b) => (a.position < b.position ? -1 : 1)).map(read);
}

/** As a lane takes them that reads its shard. */
async function firstCopies(): Promise<Read[]> {
  const shards = await streamRecords(stream.client, stream.name);
  return [...shards.values()].flatMap((records) => {
    const producers = Producers.parse([]);
    return records
      .filter(({ data }) => {
        const envelope = opened(data)?.envelope;
        if (envelope === undefined) return true;
        const isNew = !producers.has(envelope);
        if (isNew) producers.add(envelope, 0);
        return isNew;
      })
      .map(read);
  });
}

const read = ({ partitionKey, data }: StreamRecord): Read => ({
  key: partitionKey,
  event: JSON.parse(Buffer.from(opened(data)?.event ?? data).toString()),
});
