import { describe, expect, test } from 'vitest';
import { failed, numbers, poll, withResolvers } from './polling.ts';
import { until, useServers } from './servers.ts';

const servers = useServers();

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
