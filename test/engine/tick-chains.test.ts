import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import { bucketKey } from '../../src/engine/keys.ts';
import { combine, pipeline, SECONDS, type Store, TumblingWindow, table } from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';
import { type Bid, hotItemsPlan, hotOf, hottestOf, someBids } from '../support/hot-items.ts';

const NOW = 10 ** 9;
const never = () => false;

describe('the tick of a chain', () => {
  test('closes a later stage where whoever fired the one before died, and then fires it', async () => {
    const { all, gather, fire, tick, store, hot, bucket } = world((inner) => ({
      ...inner,
      update: async (table, key, ...rest) => {
        if (store.away && key.pk.startsWith('hottest#')) throw new Error('the invocation died');
        return inner.update(table, key, ...rest);
      },
    }));
    await gather();
    store.away = true;
    await fire('bids-per-auction', 0);
    // The commit of the last bucket is there; what it would have closed is not.
    await expect(fire('bids-per-auction', 1)).rejects.toThrow('the invocation died');
    store.away = false;
    const told = (await bucket('bids-per-auction', 1))?.firedThrough;
    expect(told).toBe((await bucket('bids-per-auction', 1))?.target);
    expect(await bucket('hottest', 0)).toBeUndefined();
    await tick();
    expect(await bucket('hottest', 0)).toMatchObject({ target: told });
    expect(hot()).toEqual([]);
    await tick();
    expect(hot().length).toBeGreaterThan(0);
    for (let n = 0; n < 2; n++) await tick();
    expect(hot()).toEqual(hottestOf(all));
  });

  test('is not needed: the commit of the last bucket closes the next stage', async () => {
    const { gather, fire, bucket } = world();
    await gather();
    await fire('bids-per-auction', 0);
    expect(await bucket('hottest', 0)).toBeUndefined();
    await fire('bids-per-auction', 1);
    const target = (await bucket('bids-per-auction', 1))?.firedThrough;
    for (const n of [0, 1]) expect(await bucket('hottest', n)).toMatchObject({ target });
  });

  test('registers no lanes for a stage that reads no stream', async () => {
    const { gather, tick, store } = world();
    await gather();
    await tick();
    const ofHottest = [...store.items('control')].filter(({ pk }) => pk === 'hottest');
    expect(ofHottest.map(({ sk }) => sk)).toEqual(['meta']);
  });
});

test('a stream that cannot be reached does not keep stages of other streams from closing', async () => {
  const counts = (name: string) =>
    pipeline('two')
      .stream(name, {
        schema: z.object({ at: z.number() }),
        timestamp: (event) => event.at,
        outOfOrderness: 0,
        maxDelay: 0,
      })
      .keyBy(() => 'all')
      .window(TumblingWindow.of(10, SECONDS))
      .count({ name: `of-${name}`, buckets: 1 })
      .to(table(`counts-of-${name}`));
  const plan = combine(counts('away'), counts('there'));
  const logs = { away: memoryLog(() => NOW), there: memoryLog(() => NOW) };
  const sinks = { 'counts-of-away': memorySink(), 'counts-of-there': memorySink() };
  const down = { ...logs.away, shards: () => Promise.reject(new Error('throttled')) };
  const running = engine(plan, {
    store: memoryStore(),
    clock: () => NOW,
    sources: { away: down, there: logs.there },
    sinks,
    deadLetters: memoryDeadLetters(),
    observe: () => {},
  });
  logs.there.open('lane');
  const record = logs.there.append('lane', JSON.stringify({ at: 1 }), 1);
  await running.gather('there', 'lane', [record]);
  for (let n = 0; n < 2; n++) await expect(running.tick(never)).rejects.toThrow('throttled');
  expect(sinks['counts-of-there'].rows()).toMatchObject([{ key: 'all', value: 1 }]);
});

/** Hot items with two buckets a stage, over a log, a store and sinks in memory. */
function world(around: (store: Store) => Store = (store) => store) {
  const store = Object.assign(memoryStore(), { away: false });
  const log = memoryLog(() => NOW);
  const hot = memorySink();
  log.open('lane');
  const all: Bid[] = someBids(1, 60);
  for (const bid of all) log.append('lane', JSON.stringify(bid), NOW);
  const start = () =>
    engine(hotItemsPlan({ counts: 2, hottest: 2 }), {
      store: around(store),
      clock: () => NOW,
      sources: { bids: log },
      sinks: { counts: memorySink(), hot },
      deadLetters: memoryDeadLetters(),
      observe: () => undefined,
    });
  return {
    all,
    store,
    gather: () => start().gather('bids', 'lane', log.records('lane')),
    tick: () => start().tick(never),
    fire: (stage: string, bucket: number) => start().fire(stage, bucket, never),
    hot: () =>
      hot
        .rows()
        .map(hotOf)
        .sort(([a], [b]) => Number(a) - Number(b)),
    bucket: (stage: string, n: number) => store.get('control', bucketKey(stage, n)),
  };
}
