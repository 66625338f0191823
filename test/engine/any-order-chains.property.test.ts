import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  combine,
  type Plan,
  pipeline,
  type Results,
  type StagePlan,
  table,
  type WindowKind,
} from '../../src/index.ts';
import { type Random, random } from '../support/random.ts';
import { ALIGNED_WINDOWS, WINDOWS } from '../support/windows.ts';
import { ChaosWorld, judgedFor, MAX_DELAY, OUT_OF_ORDER, SKEW } from './chaos-world.ts';
import { isLate, type Taken, type Windowing, windowsCounted } from './plain-windows.ts';
import { seedGroups } from './seeds.ts';

/**
 * The same for several stages and streams: whatever is cut off in the middle, the firing of a stage, the
 * hand over to the next, its advance or a tick, every table holds what a plain recount says, stage by
 * stage.
 */
describe('any batching, any retry, any interleaving of the stages of a chain', () => {
  test.each(seedGroups(300))('gives the batch answer (seeds %i, ...)', async (...group) => {
    for (const seed of group) await run(seed);
  });
});

/** A stage `counts` over one or two streams, and what reads its results. */
interface Chain {
  readonly streams: number;
  readonly window: WindowKind;
  /** The results have a table of their own as well. */
  readonly isToldToo: boolean;
  /** How many results of each value there are, and of these again, in windows. */
  readonly byValue: readonly WindowKind[];
  /** The greatest result in each window. */
  readonly greatest: WindowKind | undefined;
}

function drawChain(chance: Random): Chain {
  const wanted = chance.pick(['by value', 'by value', 'twice by value', 'greatest', 'both']);
  const byValue = wanted === 'greatest' ? [] : [chance.pick(WINDOWS)];
  if (wanted === 'twice by value') byValue.push(chance.pick(WINDOWS));
  return {
    streams: chance.pick([1, 1, 2]),
    window: chance.pick(WINDOWS),
    isToldToo: chance.chance(0.5),
    byValue,
    greatest: wanted === 'greatest' || wanted === 'both' ? chance.pick(ALIGNED_WINDOWS) : undefined,
  };
}

async function run(seed: number): Promise<void> {
  const chance = random(seed);
  const chain = drawChain(chance);
  const world = new ChaosWorld(seed, chance, planOf(chain, chance));
  await world.run();
  check(world, chain);
}

function planOf(chain: Chain, chance: Random): Plan {
  const stage = (name: string) => ({
    name,
    buckets: chance.pick([1, 2, 4]),
    keysPerChunk: chance.pick([1, 500]),
  });
  const streams = Array.from({ length: chain.streams }, (_, n) =>
    pipeline('test').stream(`stream-${n}`, {
      schema: z.object({ at: z.number(), key: z.string() }),
      timestamp: (e) => e.at,
      outOfOrderness: OUT_OF_ORDER,
      maxFutureSkew: SKEW,
      maxDelay: MAX_DELAY,
    }),
  );
  const [first, ...others] = streams;
  if (first === undefined) throw new Error('a stream is expected');
  const counts = first
    .merge(...others)
    .keyBy((e) => e.key)
    .window(chain.window)
    .count(stage('counts'));
  const plans = chain.isToldToo ? [counts.to(table('counts'))] : [];
  let results: Results<number> = counts;
  for (const [n, window] of chain.byValue.entries()) {
    results = results
      .keyBy(({ value }) => value)
      .window(window)
      .count(stage(`by-value-${n}`));
    plans.push(results.to(table(`by-value-${n}`)));
  }
  if (chain.greatest) {
    const greatest = counts
      .keyBy(() => 'all')
      .window(chain.greatest)
      .max(({ value }) => value, stage('greatest'));
    plans.push(greatest.to(table('greatest')));
  }
  return combine(...(plans as [Plan]));
}

function check(world: ChaosWorld, chain: Chain): void {
  expect(world.failures, messageOf(world)).toEqual([]);
  const first = plainly(chain.window, stageOf(world).resolutionMs);
  const counts = countedIn(first, takenBy(world, first));
  if (chain.isToldToo) expectRows(world, 'counts', counts.rows);
  let { told } = counts;
  for (const [n, window] of chain.byValue.entries()) {
    const byValue = countedIn(plainly(window), told);
    expectRows(world, `by-value-${n}`, byValue.rows);
    told = byValue.told;
  }
  if (chain.greatest) {
    const rows = new Map<string, number>();
    for (const { key, start } of windowsCounted(plainly(chain.greatest), counts.told)) {
      const id = `${start} all`;
      rows.set(id, Math.max(rows.get(id) ?? 0, Number(key)));
    }
    expectRows(world, 'greatest', rows);
  }
}

/** What the first stage takes; every record of its lanes is accounted for, once, and nothing else is set aside. */
function takenBy(world: ChaosWorld, windowing: Windowing): Taken[] {
  const stage = stageOf(world);
  const judged = judgedFor(world, stage);
  const taken: Taken[] = [];
  const tally = { records: judged.length, late: 0, deadLetters: 0 };
  for (const { event, watermark } of judged) {
    if (event === undefined) tally.deadLetters++;
    else if (isLate(windowing, event.at, watermark)) tally.late++;
    else taken.push({ ...event, watermark });
  }
  expect(world.tally(stage), messageOf(world)).toEqual(tally);
  expect(world.deadLetters.letters().length, messageOf(world)).toBe(tally.deadLetters);
  return taken;
}

/** No result of a stage is late for the next. */
const NEVER_LATE = -8.64e15;

const plainly = (window: WindowKind, gridMs?: number): Windowing => ({
  window,
  latenessMs: 0,
  ...(gridMs === undefined ? {} : { gridMs }),
});

/** The first one. */
const stageOf = ({ plan }: ChaosWorld): StagePlan =>
  plan.stages.find(({ name }) => name === 'counts') as StagePlan;

/** The counts of a stage as rows, and as what the next stage takes, keyed by their values. */
function countedIn(windowing: Windowing, taken: readonly Taken[]) {
  const results = windowsCounted(windowing, taken);
  const rows = new Map(results.map(({ start, key, count }) => [`${start} ${key}`, count]));
  const told = results.flatMap(({ end, count, times }) =>
    Array.from(
      { length: times },
      (): Taken => ({ at: end - 1, key: String(count), watermark: NEVER_LATE }),
    ),
  );
  return { rows, told };
}

function expectRows(world: ChaosWorld, sink: string, expected: ReadonlyMap<string, number>): void {
  const rows = (world.sinks[sink]?.rows() ?? []).map((row) => {
    return [`${row.windowStart} ${row.key}`, row.value];
  });
  const message = `${messageOf(world)}: table ${sink}`;
  expect(Object.fromEntries(rows), message).toEqual(Object.fromEntries(expected));
}

const messageOf = ({ seed }: ChaosWorld): string => `seed ${seed}`;
