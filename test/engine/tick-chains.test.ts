import { describe, expect, test } from 'vitest';
import { engine } from '../../src/engine/engine.ts';
import { bucketKey } from '../../src/engine/keys.ts';
import type { Store } from '../../src/index.ts';
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
