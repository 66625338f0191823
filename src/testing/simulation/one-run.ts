import { isAfter } from '../../engine/position.ts';
import type { DeadLetter } from '../../sinks/dead-letter-sink.ts';
import type { TableStore } from '../../store/table-store.ts';
import type { Plan } from '../../topology/plan.ts';
import { accountOf, differences } from './account.ts';
import { type Chance, chanceOf } from './chance.ts';
import { FAULT_KINDS, type FaultKind, type Faults, swarm } from './faults.ts';
import { expectedOf } from './oracle.ts';
import { World } from './world.ts';

/** Makes the events of a stream: JSON is made of them, but text and bytes go as they are. */
export type EventsOf = (around: {
  /** About when it happens, ms: virtual time, in order of arrival. */
  readonly now: number;
  readonly chance: Chance;
}) => unknown;

export interface RunOptions {
  /** Makes the events of each stream, by its name in the plan. */
  readonly events: Readonly<Record<string, EventsOf>>;
  /** How many records a run has. Default 40. */
  readonly records?: number;
  /** Kinds of faults to choose from. Default: all. */
  readonly faults?: readonly FaultKind[];
  /** Sees what happens, line by line. */
  readonly trace?: (line: string) => void;
}

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
  readonly steps: number;
}

/**
 * One run of a pipeline in a world where things go wrong, from a seed: the same seed gives the same
 * run, to the letter. All that came of it is held against what the same lanes give when nothing
 * goes wrong, and against the promises of the design.
 */
export async function runOnce(plan: Plan, seed: number, options: RunOptions): Promise<Run> {
  const chance = chanceOf(seed);
  const faults: Faults = swarm(chance, options.faults ?? FAULT_KINDS);
  const records = options.records ?? 40;
  const produce = (stream: string, now: number): string | Uint8Array => {
    const event = options.events[stream]?.({ now, chance });
    return typeof event === 'string' || event instanceof Uint8Array ? event : JSON.stringify(event);
  };
  const { trace } = options;
  const world = new World(plan, { chance, faults, produce, records, ...(trace && { trace }) });
  await world.run();
  const problems = world.failures.map((failure) => `failed: ${textOf(failure)}`);
  const { store, letters, late, invariants, injected, scheduler } = world;
  if (problems.length === 0) {
    const { outputs } = invariants;
    const isDealtWith = isCommitted(store);
    const actual = accountOf({ store, letters, late, outputs, isDealtWith });
    problems.push(...differences(actual, await expectedOf(world)));
  }
  return {
    seed,
    passed: problems.length === 0,
    problems,
    records,
    outputs: invariants.outputs.size,
    injected,
    steps: scheduler.steps,
  };
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
