import { TestDriverError } from '../../errors.ts';
import type { Plan } from '../../topology/plan.ts';
import { checkPlan } from '../../topology/plan-check.ts';
import { checkTestOptions } from '../option-check.ts';
import type { Capacity } from './capacity.ts';
import { type Chance, chanceOf } from './chance.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import { type Run, type RunOptions, runOnce } from './one-run.ts';
import { type Shrunk, shrink } from './shrink.ts';
import { START } from './trace-line.ts';

/** Which runs are made, of which events, with which faults. */
export interface SimulateOptions extends RunOptions {
  /** How many runs, from seed 1; or which seeds. Default 100. */
  readonly seeds?: number | readonly number[];
  /** Told after each run. */
  readonly onRun?: (run: Run) => void;
}

const OPTIONS = [
  'events',
  'lookups',
  'repaired',
  'records',
  'faults',
  'trace',
  'seeds',
  'onRun',
] as const satisfies (keyof SimulateOptions)[];

/** What came of all runs. */
export interface Simulation {
  readonly passed: number;
  /** Seeds that failed. */
  readonly failed: readonly number[];
  /** The first failure, made as small as it could be. */
  readonly failure: Shrunk | undefined;
  readonly records: number;
  readonly outputs: number;
  /** How many records were set aside, by the reason: LATE, and those of dead letters. */
  readonly setAside: ReadonlyMap<string, number>;
  /** What the tables were asked for, in units of DynamoDB, attempts that failed included. */
  readonly capacity: Readonly<Capacity>;
  /** How often each kind of fault happened. */
  readonly injected: ReadonlyMap<FaultKind, number>;
}

/**
 * Runs a pipeline many times in a world where everything goes wrong that can: the production engine,
 * in virtual time, over modelled streams and tables. Each run is held against what the same lanes
 * give when nothing goes wrong, and against the promises of the design.
 *
 * ```ts
 * const { failure } = await simulate(plan, { events: { clicks: ({ now }) => ({ at: now, url: '/' }) } });
 * expect(failure && describeFailure(failure)).toBeUndefined();
 * ```
 *
 * A function that makes a plan of chance is given a plan of its own for each seed.
 *
 * @throws TestDriverError STREAM_UNKNOWN if a stream of the plan has no events, SETTING_INVALID for seeds
 * or faults that are none and for options that it does not have, NOTHING_TRIED if no run has told anything: then nothing was shown either
 */
export async function simulate(
  plan: Plan | ((chance: Chance) => Plan),
  options: SimulateOptions,
): Promise<Simulation> {
  const planOf = (seed: number): Plan =>
    typeof plan === 'function' ? plan(chanceOf(seed + PLANS)) : plan;
  checkTestOptions('simulate()', options, OPTIONS);
  const { onRun, events } = options;
  checkFaults(options.faults ?? []);
  const numbers = seedsOf(options.seeds ?? 100);
  const failed: number[] = [];
  const injected = new Map<FaultKind, number>();
  const reasons = new Map<string, number>();
  let failure: Shrunk | undefined;
  const capacity: Capacity = { readUnits: 0, writeUnits: 0 };
  let [records, outputs] = [0, 0];
  for (const seed of numbers) {
    const its = planOf(seed);
    checkPlan('simulate()', its);
    for (const { name } of its.sources) if (events?.[name] === undefined) throw noEvents(name);
    const run = await runOnce(its, seed, options);
    onRun?.(run);
    records += run.records;
    outputs += run.outputs;
    capacity.readUnits += run.capacity.readUnits;
    capacity.writeUnits += run.capacity.writeUnits;
    for (const [kind, times] of run.injected) injected.set(kind, (injected.get(kind) ?? 0) + times);
    for (const [reason, times] of run.setAside)
      reasons.set(reason, (reasons.get(reason) ?? 0) + times);
    if (run.passed) continue;
    failed.push(seed);
    failure ??= await shrink(its, run, options);
  }
  const passed = numbers.length - failed.length;
  // One run alone may have few records, and tell nothing.
  if (numbers.length > 1 && failed.length === 0 && outputs === 0)
    throw nothingTried(records, reasons);
  return { passed, failed, failure, records, outputs, setAside: reasons, capacity, injected };
}

/** How a failure can be told to a person: the seed, what it needs, what went wrong, and how it came to that. */
export function describeFailure({ run, faults, trace }: Shrunk): string {
  return [
    `seed ${run.seed} fails with ${run.records} records and these faults: ${faults.join(', ') || 'none'}`,
    ...run.problems.slice(0, PROBLEMS_SHOWN),
    ...(faults.length === 0 ? [NOT_PURE] : []),
    `what happened last (ms since ${new Date(START).toISOString()}):`,
    ...trace.slice(-LINES_SHOWN),
  ].join('\n');
}

/** Plans are drawn from other numbers than what happens to them. */
const PLANS = 1_000_003;
const NOT_PURE =
  'Nothing has to go wrong for it: a function of the pipeline may ask a clock or chance, or keep something outside of its state.';
const PROBLEMS_SHOWN = 10;
const LINES_SHOWN = 60;

function seedsOf(seeds: number | readonly number[]): readonly number[] {
  const numbers =
    typeof seeds === 'number' && Number.isSafeInteger(seeds)
      ? Array.from({ length: Math.max(0, seeds) }, (_, n) => n + 1)
      : seeds;
  if (Array.isArray(numbers) && numbers.length > 0 && numbers.every(Number.isSafeInteger))
    return numbers;
  const what = `${JSON.stringify(seeds)} are no seeds`;
  throw new TestDriverError(
    'SETTING_INVALID',
    what,
    'Give how many runs, or a list of whole numbers.',
  );
}

function checkFaults(faults: readonly FaultKind[]): void {
  const unknown = faults.find((kind) => !FAULT_KINDS.includes(kind));
  if (unknown === undefined) return;
  const hint = `There are: ${FAULT_KINDS.join(', ')}.`;
  throw new TestDriverError(
    'SETTING_INVALID',
    `nothing goes wrong by the name of ${unknown}`,
    hint,
  );
}

const nothingTried = (records: number, setAside: ReadonlyMap<string, number>): TestDriverError => {
  const aside = [...setAside].map(([reason, times]) => `${times} ${reason}`).join(', ');
  return new TestDriverError(
    'NOTHING_TRIED',
    `${records} records went in and nothing came out${aside && `; set aside: ${aside}`}`,
    'Make events that the schema takes, at times about `now`, and enough of them for a window to close.',
  );
};

const noEvents = (stream: string): TestDriverError =>
  new TestDriverError(
    'STREAM_UNKNOWN',
    `there are no events for the stream ${stream}`,
    `Give simulate() a function for it: events: { ${stream}: ({ now, chance }) => ({ ... }) }.`,
  );
