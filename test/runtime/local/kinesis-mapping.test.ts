import { GetRecordsCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import type { KinesisStreamEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { EVENT_BYTES_MAX } from '../../../src/runtime/local/batch.ts';
import { startKinesisPoller } from '../../../src/runtime/local/kinesis-poller.ts';
import type { KinesisPollerOptions } from '../../../src/runtime/local/kinesis-poller-options.ts';
import { fail, intercepted, numbers, poll, withResolvers } from './polling.ts';
import { until, useServers } from './servers.ts';

const servers = useServers();

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
    const client = intercepted(servers.kinesis(), 'GetShardIteratorCommand', async () => {
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

test.each`
  batchSize | records
  ${100}    | ${1_000}
  ${1_000}  | ${1_000}
  ${2_000}  | ${2_000}
`('for batches of $batchSize a read takes $records records', async ({ batchSize, records }) => {
  const stream = await servers.stream();
  await stream.put(['0']);
  const asked: unknown[] = [];
  const kinesis = servers.kinesis();
  const client = {
    send: async (command: { readonly input: object }) => {
      if (command instanceof GetRecordsCommand) asked.push(command.input.Limit);
      return kinesis.send(command as never);
    },
  } as unknown as KinesisClient;
  const { batches } = poll(stream, { client, batchSize });
  await until(() => batches.flat().length === 1);
  expect(new Set(asked)).toEqual(new Set([records]));
});

describe('trouble with the API', () => {
  test('an expired iterator is replaced by one after the last record read', async () => {
    const stream = await servers.stream();
    const errors = ['', 'ExpiredIteratorException', '', 'ExpiredIteratorException'];
    const client = intercepted(servers.kinesis(), 'GetRecordsCommand', () => fail(errors.shift()));
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
      const client = intercepted(servers.kinesis(), command, () => fail(failures.shift()));
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
