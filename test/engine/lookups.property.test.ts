import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  type LookupTable,
  pipeline,
  rowsOf,
  SECONDS,
  type StagePlan,
  TumblingWindow,
  table,
  UnavailableError,
} from '../../src/index.ts';
import { type Random, random } from '../support/random.ts';
import { ChaosWorld, judgedFor, MAX_DELAY, OUT_OF_ORDER, SKEW } from './chaos-world.ts';
import { seedGroups } from './seeds.ts';

/**
 * Rows change while batches die and come again, and reads fail. Each event still counts once, with a row
 * that was there at some time, and a window that is fired again tells the same rows again: the world
 * sees to it that no output has two contents.
 */
describe('a row that was looked up, whatever comes again', () => {
  test.each(seedGroups(60))('stays with its event (seeds %i, ...)', async (...group) => {
    for (const seed of group) await run(seed);
  });
});

interface Row {
  readonly key: string;
  readonly version: number;
}

function planOf(chance: Random) {
  const plan = pipeline('test')
    .stream('events', {
      schema: z.object({ at: z.number(), key: z.string(), n: z.number() }),
      timestamp: (e) => e.at,
      outOfOrderness: OUT_OF_ORDER,
      maxFutureSkew: SKEW,
      maxDelay: MAX_DELAY,
    })
    .lookup(rowsOf<Row>('rows'), {
      key: (e) => e.key,
      cacheFor: chance.pick([0, 3 * SECONDS]),
    })
    .keyBy(({ event }) => event.key)
    .window(TumblingWindow.of(3, SECONDS))
    .collect(({ event, row }) => [event.n, row ?? null], { name: 'found', buckets: 2 })
    .to(table('found'));
  return { plan, stage: plan.stages[0] as StagePlan };
}

async function run(seed: number): Promise<void> {
  const chance = random(seed);
  const { plan, stage } = planOf(chance);
  let versions = 0;
  const rows: LookupTable = {
    async getAll(keys) {
      if (!world.isCalm && chance.chance(0.1)) throw new UnavailableError('throttled');
      return keys.map((key) => (chance.chance(0.2) ? undefined : { key, version: ++versions }));
    },
    until: () => rows,
  };
  const world: ChaosWorld = new ChaosWorld(seed, chance, plan, {
    lookups: { rows },
    remembers: true,
  });
  await world.run();

  const message = `seed ${seed}`;
  const found = (world.sinks.found?.rows() ?? []).flatMap(({ key, value }) =>
    (value as [number, Row | null][]).map(([n, row]) => ({ key, n, row })),
  );
  const counted = found.map(({ n }) => n).sort();
  expect(world.failures, message).toEqual([]);
  expect(counted, message).toEqual(onTime(world, stage));
  expect(found.filter(({ key, row }) => row && row.key !== key)).toEqual([]);
}

/** The events whose window was open when they came. */
const onTime = (world: ChaosWorld, stage: StagePlan): number[] =>
  judgedFor(world, stage)
    .flatMap(({ event, watermark }) => {
      const end = Math.floor((event?.at ?? 0) / 3_000) * 3_000 + 3_000;
      return event && end - 1 > watermark ? [event.n] : [];
    })
    .sort();
