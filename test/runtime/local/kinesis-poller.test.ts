import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { KinesisStreamEvent } from 'aws-lambda';
import { afterEach, describe, expect, test } from 'vitest';
import { EVENT_BYTES_MAX } from '../../../src/runtime/local/batch.ts';
import {
  type KinesisPoller,
  startKinesisPoller,
} from '../../../src/runtime/local/kinesis-poller.ts';
import type { KinesisPollerOptions } from '../../../src/runtime/local/kinesis-poller-options.ts';
import { type TestStream, until, useServers } from './servers.ts';

const servers = useServers();
const pollers: KinesisPoller[] = [];

afterEach(async () => {
  await Promise.all(pollers.splice(0).map((poller) => poller.stop()));
});

describe('order', () => {
  test('a shard is delivered in order, each record once, in batches of at most the size', async () => {
    const stream = await servers.stream();
    const { batches } = poll(stream, { batchSize: 3 });
    await stream.put(numbers(0, 10));
    await until(() => batches.flat().length === 10);
    expect(batches.flat()).toEqual(numbers(0, 10));
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(3);
  });

  test('a shard has one batch in flight at a time, and shards do not wait for one another', async () => {
    const stream = await servers.stream(2);
    await stream.put(numbers(0, 4), 0);
    await stream.put(numbers(10, 14), 1);
    const inFlight = new Map<string, number>();
    let together = 0;
    let most = 0;
    const gate = withResolvers();
    const { batches } = poll(stream, { batchSize: 1 }, async (_, { shardId }) => {
      inFlight.set(shardId, (inFlight.get(shardId) ?? 0) + 1);
      most = Math.max(most, ...inFlight.values());
      together = Math.max(
        together,
        [...inFlight.values()].reduce((sum, n) => sum + n, 0),
      );
      if (together === 2) gate.resolve(undefined);
      await gate.promise; // The first batch of either shard waits for the other shard.
      inFlight.set(shardId, (inFlight.get(shardId) ?? 0) - 1);
    });
    await until(() => batches.flat().length === 8);
    expect(most).toBe(1);
    expect(together).toBe(2);
  });

  test('checkpoints name the last record that is done', async () => {
    const stream = await servers.stream();
    const sequenceNumbers = await stream.put(numbers(0, 5));
    const { poller } = poll(stream, { batchSize: 2 });
    await until(() => poller.checkpoints().get('shardId-000000000000') === sequenceNumbers[4]);
    await until(() => poller.idle());
  });
});

describe('failure', () => {
  test('a batch comes again from the lowest failed record, and what precedes it does not', async () => {
    const stream = await servers.stream();
    const sequenceNumbers = await stream.put(numbers(0, 6));
    let failuresLeft = 2;
    const { batches, poller } = poll(stream, { batchSize: 4 }, async (records) => {
      if (!records.includes('2') || failuresLeft === 0) return undefined;
      failuresLeft -= 1;
      // Out of order, on purpose.
      return failed(...['3', '2'].map((value) => sequenceNumbers[Number(value)]));
    });
    await until(() => poller.idle());
    expect(batches[0]).toEqual(['0', '1', '2', '3']);
    expect(batches[1]?.[0]).toBe('2');
    expect(batches[2]?.[0]).toBe('2');
    expect(batches.slice(2).flat()).toEqual(['2', '3', '4', '5']);
  });

  test('a batch whose function throws comes again as a whole, and nothing overtakes it', async () => {
    const stream = await servers.stream();
    await stream.put(numbers(0, 4));
    let throws = 3;
    const reports: unknown[] = [];
    const { batches, poller } = poll(
      stream,
      { batchSize: 2, onBatch: ({ done }) => reports.push(done) },
      async () => {
        throws -= 1;
        if (throws >= 0) throw new Error('boom');
      },
    );
    await until(() => poller.idle());
    expect(batches).toEqual([...Array(4).fill(['0', '1']), ['2', '3']]);
    expect(reports).toEqual([0, 0, 0, 2, 2]);
  });

  test('an unknown identifier fails the whole batch', async () => {
    const stream = await servers.stream();
    await stream.put(numbers(0, 2));
    let first = true;
    const { batches, poller } = poll(stream, {}, async () => {
      if (!first) return undefined;
      first = false;
      return failed('99');
    });
    await until(() => poller.idle());
    expect(batches[1]).toEqual(batches[0]);
  });

  test('a failing shard does not hold back another one', async () => {
    const stream = await servers.stream(2);
    await stream.put(['poison'], 0);
    await stream.put(numbers(0, 3), 1);
    const { batches, poller } = poll(stream, {}, async (records) => {
      if (records.includes('poison')) throw new Error('boom');
    });
    await until(() => numbers(0, 3).every((value) => batches.flat().includes(value)));
    expect(poller.idle()).toBe(false);
  });

  test('stop waits for the batch in flight', async () => {
    const stream = await servers.stream();
    await stream.put(['0']);
    const gate = withResolvers();
    const { batches, poller } = poll(stream, {}, () => gate.promise);
    await until(() => batches.length === 1);
    const order: string[] = [];
    const stopped = poller.stop().then(() => order.push('stopped'));
    setImmediate(() => {
      order.push('answered');
      gate.resolve(undefined);
    });
    await stopped;
    expect(order).toEqual(['answered', 'stopped']);
    expect(poller.checkpoints().size).toBe(1);
  });
});

describe('resharding', () => {
  test('children of a split are read only after their parent is done, failures included', async () => {
    const stream = await servers.stream();
    await stream.put(numbers(0, 5));
    await stream.split();
    await stream.put(['left'], 0);
    await stream.put(['right'], 1);
    let failures = 4;
    const { batches, poller } = poll(stream, { batchSize: 2 }, async (records) => {
      if (!records.includes('4')) return;
      failures -= 1;
      if (failures >= 0) throw new Error('boom');
    });
    await until(() => batches.flat().includes('left') && batches.flat().includes('right'));
    await until(() => poller.idle());
    const delivered = batches.flat();
    expect(delivered.slice(0, -2)).toEqual(['0', '1', '2', '3', '4', '4', '4', '4', '4']);
    expect(delivered.slice(-2).sort()).toEqual(['left', 'right']);
  });

  test('a split of a shard that is being read is followed', async () => {
    const stream = await servers.stream();
    const { batches, shards } = poll(stream, {});
    await stream.put(['parent']);
    await until(() => batches.flat().length === 1);
    await stream.split();
    await stream.put(['left'], 0);
    await stream.put(['right'], 1);
    await until(() => batches.flat().length === 3);
    expect([...shards].sort()).toEqual([0, 1, 2].map((id) => `shardId-00000000000${id}`));
  });

  test('the child of a merge is read only after both parents are done', async () => {
    const stream = await servers.stream(2);
    await stream.put(['a'], 0);
    await stream.put(['b'], 1);
    await stream.merge();
    await stream.put(['child']);
    let failures = 4;
    const { batches, poller } = poll(stream, {}, async (records) => {
      if (!records.includes('b')) return;
      failures -= 1;
      if (failures >= 0) throw new Error('boom');
    });
    await until(() => batches.flat().includes('child'));
    await until(() => poller.idle());
    expect(batches.flat().filter((value) => value === 'b')).toHaveLength(5);
    expect(batches.flat().at(-1)).toBe('child');
  });

  test('a whole family is read, grandparents first', async () => {
    const stream = await servers.stream();
    await stream.put(['1']);
    await stream.split();
    await stream.put(['2'], 0);
    await stream.put(['2'], 1);
    await stream.merge();
    await stream.put(['3']);
    const { batches } = poll(stream, {});
    await until(() => batches.flat().length === 4);
    expect(batches.flat()).toEqual(['1', '2', '2', '3']);
  });
});

describe('batches', () => {
  test('an event never passes 6 MB', async () => {
    const stream = await servers.stream();
    await stream.put(Array(7).fill('x'.repeat(1_000_000)));
    const sizes: number[] = [];
    const { batches } = poll(stream, { batchSize: 1_000 }, async (_, { event }) => {
      sizes.push(Buffer.byteLength(JSON.stringify(event)));
    });
    await until(() => batches.flat().length === 7);
    expect(batches.map((batch) => batch.length)).toEqual([4, 3]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(EVENT_BYTES_MAX);
  });

  test('records wait for others until the batching window ends', async () => {
    const stream = await servers.stream();
    const startedAt = Date.now();
    const { batches } = poll(stream, { batchingWindowMs: 700 });
    await stream.put(['0']);
    await stream.put(['1']);
    await until(() => batches.length > 0);
    expect(batches[0]).toEqual(['0', '1']);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(690);
  });

  test('a full batch does not wait for its window', async () => {
    const stream = await servers.stream();
    const { batches } = poll(stream, { batchSize: 2, batchingWindowMs: 300_000 });
    await stream.put(numbers(0, 2));
    await until(() => batches.length === 1);
  });

  test('the event looks as on AWS', async () => {
    const stream = await servers.stream();
    const [sequenceNumber] = await stream.put(['hello']);
    let event: KinesisStreamEvent | undefined;
    poll(stream, {}, async (_, batch) => {
      event = batch.event;
    });
    await until(() => event !== undefined);
    const streamArn = `arn:aws:kinesis:us-east-1:000000000000:stream/${stream.name}`;
    expect(event).toEqual({
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: '1.0',
            partitionKey: 'key',
            sequenceNumber,
            data: 'aGVsbG8=',
            approximateArrivalTimestamp: expect.closeTo(Date.now() / 1_000, -2),
          },
          eventSource: 'aws:kinesis',
          eventVersion: '1.0',
          eventID: `shardId-000000000000:${sequenceNumber}`,
          eventName: 'aws:kinesis:record',
          invokeIdentityArn: expect.stringMatching(/^arn:aws:iam::/),
          awsRegion: 'us-east-1',
          eventSourceARN: streamArn,
        },
      ],
    });
  });
});

describe('where a mapping starts', () => {
  test('LATEST: with what comes after it is ready, children of shards it knew included', async () => {
    const stream = await servers.stream();
    await stream.put(['before']);
    const { batches, poller } = poll(stream, { startingPosition: 'LATEST' });
    await poller.ready;
    await stream.put(['after']);
    await stream.split();
    await stream.put(['child']);
    await until(() => batches.flat().length === 2);
    expect(batches.flat()).toEqual(['after', 'child']);
  });

  test('LATEST: it is not ready before the latest record of every shard is known', async () => {
    const stream = await servers.stream();
    const gate = withResolvers();
    let asked = false;
    const client = intercepted('GetShardIteratorCommand', async () => {
      asked = true;
      await gate.promise;
    });
    const { batches, poller } = poll(stream, { startingPosition: 'LATEST', client });
    let isReady = false;
    const ready = poller.ready.then(() => {
      isReady = true;
    });
    await until(() => asked);
    await stream.put(['before']); // Also gives `ready` the time to come too early.
    expect(isReady).toBe(false);
    gate.resolve(undefined);
    await ready;
    await stream.put(['after']);
    await until(() => batches.flat().length > 0);
    expect(batches.flat()).toEqual(['after']);
  });

  test('LATEST: not with what was there, in shards that are closed or come from closed ones', async () => {
    const stream = await servers.stream();
    await stream.put(['before']);
    await stream.split();
    await stream.put(['before, in a child']);
    const { batches, poller } = poll(stream, { startingPosition: 'LATEST' });
    await poller.ready;
    await stream.put(['after']);
    await until(() => batches.flat().length > 0);
    expect(batches.flat()).toEqual(['after']);
  });

  test('atTimestamp: with what arrived then or later', async () => {
    const stream = await servers.stream();
    await stream.put(['before']);
    const atTimestamp = Date.now() + 1;
    await until(() => Date.now() > atTimestamp);
    await stream.put(['after']);
    const { batches } = poll(stream, { startingPosition: { atTimestamp } });
    await until(() => batches.flat().length > 0);
    expect(batches.flat()).toEqual(['after']);
  });
});

describe('trouble with the API', () => {
  test('an expired iterator is replaced by one after the last record read', async () => {
    const stream = await servers.stream();
    const errors = ['', 'ExpiredIteratorException', '', 'ExpiredIteratorException'];
    const client = intercepted('GetRecordsCommand', () => fail(errors.shift()));
    await stream.put(numbers(0, 3));
    const { batches } = poll(stream, { client });
    await until(() => errors.length === 0);
    await stream.put(numbers(3, 5));
    await until(() => batches.flat().includes('4'));
    expect(batches.flat()).toEqual(numbers(0, 5));
  });

  test.each(['GetRecordsCommand', 'GetShardIteratorCommand', 'ListShardsCommand'])(
    'a failed %s is reported and tried again',
    async (command) => {
      const stream = await servers.stream();
      await stream.put(['0']);
      const failures = ['LimitExceededException'];
      const client = intercepted(command, () => fail(failures.shift()));
      const errors: unknown[] = [];
      const { batches } = poll(stream, { client, onError: (error) => errors.push(error) });
      await until(() => batches.flat().length === 1);
      expect(errors.map((error) => (error as Error).name)).toEqual(['LimitExceededException']);
    },
  );
});

describe('options', () => {
  test.each([
    ['batchSize', 0],
    ['batchSize', 10_001],
    ['batchSize', 1.5],
    ['batchingWindowMs', -1],
    ['batchingWindowMs', 300_001],
    ['pollIntervalMs', Number.NaN],
  ])('%s cannot be %d', (option, value) => {
    expect(() => start({ [option]: value })).toThrow(
      expect.objectContaining({
        code: 'MAPPING_INVALID',
        message: expect.stringContaining(`${option} is ${value}`),
      }),
    );
  });

  test('a starting position must be one that exists', () => {
    const startingPosition = 'EARLIEST' as never;
    expect(() => start({ startingPosition })).toThrow(
      expect.objectContaining({ code: 'MAPPING_INVALID' }),
    );
  });

  test('a parallelization factor is refused, with the reason', () => {
    expect(() => start({ parallelizationFactor: 2 })).toThrow(
      expect.objectContaining({
        code: 'PARALLELIZATION_FACTOR',
        hint: expect.stringContaining("split a shard's order"),
      }),
    );
  });

  const start = (options: Partial<KinesisPollerOptions>) =>
    startKinesisPoller({
      client: servers.kinesis(),
      streamName: 'none',
      startingPosition: 'TRIM_HORIZON',
      invoke: async () => {},
      ...options,
    });
});

type Handler = (
  records: string[],
  batch: { event: KinesisStreamEvent; shardId: string },
) => Promise<unknown>;

/** A poller, and the batches that it delivered, as text. */
function poll(
  stream: TestStream,
  options: Partial<KinesisPollerOptions>,
  handler: Handler = async () => {},
) {
  const batches: string[][] = [];
  const shards: string[] = [];
  const poller = startKinesisPoller({
    client: servers.kinesis(),
    streamName: stream.name,
    startingPosition: 'TRIM_HORIZON',
    pollIntervalMs: 10,
    invoke: async (delivered) => {
      const event = delivered as KinesisStreamEvent;
      const records = event.Records.map(({ kinesis }) =>
        Buffer.from(kinesis.data, 'base64').toString(),
      );
      const shardId = event.Records[0]?.eventID.split(':')[0] ?? '';
      batches.push(records);
      shards.push(shardId);
      return handler(records, { event, shardId });
    },
    ...options,
  });
  pollers.push(poller);
  return { poller, batches, shards };
}

/** A client that does something before it sends one kind of command. */
const intercepted = (command: string, before: () => Promise<void>): KinesisClient =>
  ({
    send: async (sent: { constructor: { name: string } }) => {
      if (sent.constructor.name === command) await before();
      return servers.kinesis().send(sent as never);
    },
  }) as unknown as KinesisClient;

async function fail(name: string | undefined): Promise<void> {
  if (name) throw Object.assign(new Error(name), { name });
}

const failed = (...identifiers: (string | undefined)[]) => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `${from + index}`);

function withResolvers() {
  let resolve: (value: unknown) => void = () => {};
  const promise = new Promise<unknown>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
