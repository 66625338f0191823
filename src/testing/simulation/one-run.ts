import { isAfter } from '../../engine/position.ts';
import { TestDriverError } from '../../errors.ts';
import type { DeadLetter } from '../../sinks/dead-letter-sink.ts';
import type { TableStore } from '../../store/table-store.ts';
import type { Plan } from '../../topology/plan.ts';
import { accountOf, differences, unaccounted } from './account.ts';
import type { Capacity } from './capacity.ts';
import { type Chance, chanceOf } from './chance.ts';
import { notCountedOnce } from './counted-once.ts';
import { FAULT_KINDS, type FaultKind, type Faults, swarm } from './faults.ts';
import { expectedOf } from './oracle.ts';
import { unclosed } from './unclosed.ts';
import { type RowsByTable, type Without, World } from './world.ts';

/** Makes the events of a stream: JSON is made of them, but text and bytes go as they are. */
export type EventsOf = (around: {
  /** About when it happens, ms: virtual time, in order of arrival. */
  readonly now: number;
  readonly chance: Chance;
}) => unknown;

export interface RunOptions {
  /** Makes the events of each stream, by its name in the plan. */
  readonly events: Readonly<Record<string, EventsOf>>;
  /** Rows of the tables that the plan looks up, by their names in it; they stay as they are. */
  readonly lookups?: RowsByTable;
  /**
   * For a pipeline that stops at bad records: told whether somebody has repaired what it stops at. `false` when a
   * run begins, `true` when its faults end; a schema that goes by it then lets pass what it has refused.
   */
  readonly repaired?: (isRepaired: boolean) => void;
  /** How many records a run has at most: each draws its own number. Default 40. */
  readonly records?: number;
  /** Kinds of faults to choose from. Default: all. */
  readonly faults?: readonly FaultKind[];
  /** Sees what happens, line by line. */
  readonly trace?: (line: string) => void;
}

const NOTHING: Without = { records: new Set(), faults: new Set() };
const EVENTS = 2_000_003;
const PRODUCERS = 3_000_017;
const RECORDS_MAX = 40;
/** Most of what goes wrong needs few records, and those runs are soon over. */
const SHARES = [0.1, 0.25, 0.5, 1];

/** What came of one run. */
export interface Run {
  readonly seed: number;
  readonly passed: boolean;
  /** What went wrong, in words. */
  readonly problems: readonly string[];
  readonly records: number;
  readonly outputs: number;
  /** How often each kind of fault happened. */
  readonly injected: ReadonlyMap<FaultKind, number>;
  /** How many records were set aside, by the reason. */
  readonly setAside: ReadonlyMap<string, number>;
  /** What the tables were asked for, in units of DynamoDB. */
  readonly capacity: Readonly<Capacity>;
  /** Records and faults, those included that were left out. */
  readonly recordsDrawn: number;
  readonly faultsDrawn: number;
  readonly steps: number;
}

/**
 * One run of a pipeline in a world where things go wrong, from a seed: the same seed gives the same
 * run, to the letter. All that came of it is held against what the same lanes give when nothing
 * goes wrong, and against the promises of the design.
 */
export async function runOnce(
  plan: Plan,
  seed: number,
  options: RunOptions,
  without: Without = NOTHING,
): Promise<Run> {
  const chance = chanceOf(seed);
  // Events of their own numbers, so that they stay the same when faults are left out.
  const eventChance = chanceOf(seed + EVENTS);
  const faults: Faults = swarm(chance, chanceOf(seed + PRODUCERS), options.faults ?? FAULT_KINDS);
  const records = Math.ceil((options.records ?? RECORDS_MAX) * chance.pick(SHARES));
  const produce = (stream: string, now: number): string | Uint8Array => {
    const event = options.events[stream]?.({ now, chance: eventChance });
    if (typeof event === 'string' || event instanceof Uint8Array) return event;
    const text: string | undefined = JSON.stringify(event);
    if (text === undefined) throw noEvent(stream, typeof event);
    return text;
  };
  const { trace } = options;
  const world = new World(plan, {
    ...{ chance, faults, produce, records, without },
    lookups: options.lookups ?? {},
    repaired: options.repaired ?? (() => undefined),
    ...(trace && { trace }),
  });
  await world.run();
  const problems = world.failures.map((failure) => `failed: ${textOf(failure)}`);
  const { store, letters, late, invariants, injected, scheduler } = world;
  if (problems.length === 0) {
    const { outputs } = invariants;
    const isDealtWith = isCommitted(store);
    const accounted = { store, letters, late, outputs, isDealtWith };
    problems.push(...unaccounted(accounted), ...unclosed(world), ...notCountedOnce(world));
    problems.push(...differences(accountOf(accounted), await expectedOf(world)));
  }
  return {
    seed,
    passed: problems.length === 0,
    problems,
    records: records - [...without.records].filter((n) => n < records).length,
    outputs: invariants.outputs.size,
    injected,
    setAside: setAside(world),
    capacity: world.capacity,
    faultsDrawn: world.faultsDrawn,
    recordsDrawn: records,
    steps: scheduler.steps,
  };
}

const noEvent = (stream: string, what: string): TestDriverError =>
  new TestDriverError(
    'SETTING_INVALID',
    `the events of ${stream} gave ${what}, of which no record can be made`,
    'Return what JSON can hold, or the text or bytes of a record.',
  );

function setAside({ letters, store }: World): Map<string, number> {
  const reasons = new Map<string, number>();
  for (const { reason } of letters.letters()) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  let late = 0;
  for (const item of store.items('control'))
    if (item.sk.startsWith('lane#')) late += Number(item.late ?? 0);
  return late > 0 ? reasons.set('LATE', late) : reasons;
}

/** Whether the lane of a record has got as far, in any stage; results that were refused always are. */
function isCommitted(
  store: TableStore,
): (record: Pick<DeadLetter, 'lane' | 'position'>) => boolean {
  const lanes = [...store.items('control')].filter(({ sk }) => sk.startsWith('lane#'));
  return ({ lane, position }) => {
    const its = lanes.filter(({ sk }) => sk === `lane#${lane}` || sk.endsWith(`/${lane}`));
    return its.length === 0 || its.some((item) => !isAfter(position, String(item.position)));
  };
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
