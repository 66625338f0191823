import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Plan, pipeline, SECONDS, type StagePlan, table } from '../../src/index.ts';
import { type Random, random } from '../support/random.ts';
import { WINDOWS } from '../support/windows.ts';
import { ChaosWorld, judgedFor, MAX_DELAY, OUT_OF_ORDER, SKEW } from './chaos-world.ts';
import { counted, isLate, type Taken, type Windowing } from './plain-windows.ts';
import { seedGroups } from './seeds.ts';

/**
 * Rules 1 to 6 of the protocol, as far as one stage goes: whatever the batches, the interleaving, the
 * crashes, the redeliveries and the splits, the table holds what a plain count of the same lanes
 * says, and every record is accounted for.
 */
describe('any batching, any retry, any interleaving of shards', () => {
  test.each(seedGroups(300))('gives the batch answer (seeds %i, ...)', async (...group) => {
    for (const seed of group) await run(seed);
  });
});

const LATENESS = [0, 0, 3 * SECONDS, 30 * SECONDS];

async function run(seed: number): Promise<void> {
  const chance = random(seed);
  const window = chance.pick(WINDOWS);
  const latenessMs = window.kind === 'perEvent' ? 0 : chance.pick(LATENESS);
  const windowing = { window, latenessMs };
  const world = new ChaosWorld(seed, chance, planOf(windowing, chance));
  await world.run();
  const [stage] = world.plan.stages;
  check(world, { ...windowing, gridMs: (stage as StagePlan).resolutionMs });
}

function planOf({ window, latenessMs }: Windowing, chance: Random): Plan {
  const early = window.kind === 'aligned' && chance.chance(0.3);
  const windowed = pipeline('test')
    .stream('clicks', {
      schema: z.object({ at: z.number(), key: z.string() }),
      timestamp: (e) => e.at,
      outOfOrderness: OUT_OF_ORDER,
      maxFutureSkew: SKEW,
      maxDelay: MAX_DELAY,
    })
    .keyBy((e) => e.key)
    .window(window)
    .allowedLateness(latenessMs);
  return (early ? windowed.emit({ every: 2 * SECONDS }) : windowed)
    .count({ buckets: chance.pick([1, 2, 4]), keysPerChunk: chance.pick([1, 500]) })
    .to(table('results'));
}

function check(world: ChaosWorld, windowing: Windowing): void {
  const message = `seed ${world.seed}`;
  const stage = world.plan.stages[0] as StagePlan;
  const judged = judgedFor(world, stage);
  const taken: Taken[] = [];
  const tally = { records: judged.length, late: 0, deadLetters: 0 };
  for (const { event, watermark } of judged) {
    if (event === undefined) tally.deadLetters++;
    else if (isLate(windowing, event.at, watermark)) tally.late++;
    else taken.push({ ...event, watermark });
  }
  const counts = counted(windowing, taken);
  expect(world.failures, message).toEqual([]);
  if (windowing.window.kind !== 'perEvent') {
    expect(netOf(world), message).toBe(total([...counts.values()]));
  }
  const rows = world.sinks.results?.rows() ?? [];
  const results = rows.map((row) => [`${row.windowStart} ${row.key}`, row.value]);
  expect(Object.fromEntries(results), message).toEqual(Object.fromEntries(counts));
  expect(world.deadLetters.letters().length, message).toBe(tally.deadLetters);
  expect(world.tally(stage), message).toEqual(tally);
}

/** What somebody has who adds up every value told and takes back every old one. */
const netOf = ({ contents }: ChaosWorld): number =>
  total(
    [...contents.values()].map((content) => {
      const [value, old] = JSON.parse(content) as [number, number];
      return value - old;
    }),
  );

const total = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);
