import { type Engine, engine } from '../../engine/engine.ts';
import type { LookupTable } from '../../lookups/lookup.ts';
import type { Observer } from '../../observability/observer.ts';
import type { Store } from '../../store/store.ts';
import type { Plan } from '../../topology/plan.ts';
import { boundedLog } from './bounded-log.ts';
import { DEAD_LETTERS, lateNames, resultNames } from './files.ts';
import type { NumberedLane } from './job.ts';
import { letterSink } from './letter-sink.ts';
import { resultSink } from './result-sink.ts';
import type { Workspace } from './workspace.ts';

export interface BatchPorts {
  /** The plan that runs; what it leaves to the runtime is looked up in the plan as it was written. */
  readonly bounded: Plan;
  readonly lanes: readonly NumberedLane[];
  readonly workspace: Workspace;
  readonly lookups: Readonly<Record<string, LookupTable>>;
  readonly observe: Observer;
  /** Waited for between pieces of work. */
  readonly room: () => Promise<void>;
  /** How much a firing may hold, bytes. */
  readonly heldBytesMax: number;
}

/** The engine that runs a plan over streams, over lanes that end and a workspace. */
export function batchEngine(
  plan: Plan,
  { bounded, lanes, workspace, lookups, observe, room, heldBytesMax }: BatchPorts,
): Engine {
  const { store, table } = workspace;
  const lanesOf = (stream: string): string[] =>
    lanes.filter((lane) => lane.stream === stream).map(({ id }) => id);
  const stops = plan.sources.filter(({ onBadRecord }) => onBadRecord === 'stop');
  const stopping = new Set(stops.map(({ name }) => name));
  return engine(bounded, {
    store: withRoom(store, room),
    // Only times to live depend on it, and nothing here lives that long.
    clock: () => 0,
    sources: Object.fromEntries(plan.sources.map(({ name }) => [name, boundedLog(lanesOf(name))])),
    sinks: Object.fromEntries(resultNames(plan).map((name) => [name, resultSink(workspace, name)])),
    deadLetters: letterSink(DEAD_LETTERS, { table, lanes, stopping }),
    lateEvents: Object.fromEntries(
      // Whoever stops at bad records does not stop at late ones.
      lateNames(plan).map((name) => [name, letterSink(name, { table, lanes, stopping: NOBODY })]),
    ),
    lookups,
    observe,
    bounded: { heldBytesMax },
  });
}

/** Each firing reads on after some slots. */
const withRoom = (store: Store, room: () => Promise<void>): Store => ({
  ...store,
  async query(table, range, next) {
    await room();
    return store.query(table, range, next);
  },
});

const NOBODY: ReadonlySet<string> = new Set();
