import { expect } from 'vitest';
import * as z from 'zod';
import {
  type LookupTable,
  pipeline,
  rowsOf,
  SECONDS,
  TumblingWindow,
  table,
  UnavailableError,
} from '../../src/index.ts';
import { memoryLookup } from '../../src/testing/index.ts';
import { forSeeds } from '../support/seeds.ts';
import { SmallWorld } from './small-world.ts';

const schema = z.object({ at: z.number(), id: z.number(), product: z.string() });
type Sale = z.infer<typeof schema>;

/**
 * Rows change while batches die and come again, and reads fail. Each event still counts once, with a row
 * that was there while it was gathered, and a window that is fired again tells the same rows again.
 */
forSeeds('a row that was looked up stays with its event', 60, async (chance) => {
  const lookup = memoryLookup();
  const failing: LookupTable = {
    async getAll(keys, options) {
      if (!world.isCalm && chance.chance(0.1)) throw new UnavailableError('throttled');
      return lookup.getAll(keys, options);
    },
    until: () => failing,
  };
  const plan = pipeline('test')
    .stream('events', {
      schema,
      timestamp: (e) => e.at,
      outOfOrderness: 2 * SECONDS,
      maxDelay: 5 * SECONDS,
    })
    .lookup(rowsOf<{ version: number }>('products'), {
      key: (e) => e.product,
      cacheFor: chance.pick([0, 3 * SECONDS]),
    })
    .keyBy(({ event }) => event.product)
    .window(TumblingWindow.of(3, SECONDS))
    .collect(({ event, row }) => [event.id, row?.version ?? null], { name: 'sold', buckets: 2 })
    .to(table('sold'));
  let [ids, versions] = [0, 0];
  const world: SmallWorld = new SmallWorld({
    chance,
    plan,
    lookups: { products: failing },
    event: (): Sale => ({
      at: world.now - chance.below(2 * SECONDS),
      id: ids++,
      product: `p${chance.below(3)}`,
    }),
    beside() {
      const product = `p${chance.below(3)}`;
      if (chance.chance(0.2)) lookup.delete(product);
      else lookup.put(product, { version: ++versions });
    },
  });
  await world.run();

  const sold = world.sink.rows().flatMap(({ value }) => value as [number, number | null][]);
  const sent = (world.events() as Sale[]).map(({ id }) => id);
  expect(sold.map(([id]) => id).sort()).toEqual(sent.sort());
  expect(sold.filter(([, version]) => version !== null && version > versions)).toEqual([]);
  expect(world.lateCount()).toBe(0);
});
