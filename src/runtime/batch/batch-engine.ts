import { type Engine, engine } from '../../engine/engine.ts';
import type { LookupTable } from '../../lookups/lookup.ts';
import type { Observer } from '../../observability/observer.ts';
import type { Plan } from '../../topology/plan.ts';
import { boundedLog } from './bounded-log.ts';
import type { NumberedLane } from './job.ts';
import { letterSink } from './letter-sink.ts';
import { sinkNames } from './publish.ts';
import { resultSink } from './result-sink.ts';
import type { Workspace } from './workspace.ts';

export interface BatchPorts {
  /** The plan that runs; what it leaves to the runtime is looked up in the plan as it was written. */
  readonly bounded: Plan;
  readonly lanes: readonly NumberedLane[];
  readonly workspace: Workspace;
  readonly lookups: Readonly<Record<string, LookupTable>>;
  readonly observe: Observer;
}

/** The engine that runs a plan over streams, over lanes that end and a workspace. */
export function batchEngine(
  plan: Plan,
  { bounded, lanes, workspace: { store, table }, lookups, observe }: BatchPorts,
): Engine {
  const lanesOf = (stream: string): string[] =>
    lanes.filter((lane) => lane.stream === stream).map(({ id }) => id);
  const stopping = plan.sources.filter(({ onBadRecord }) => onBadRecord === 'stop');
  return engine(bounded, {
    store,
    // Only times to live depend on it, and nothing here lives that long.
    clock: () => 0,
    sources: Object.fromEntries(plan.sources.map(({ name }) => [name, boundedLog(lanesOf(name))])),
    sinks: Object.fromEntries(sinkNames(plan).map((name) => [name, resultSink(table, name)])),
    deadLetters: letterSink({ table, lanes, stopping: new Set(stopping.map(({ name }) => name)) }),
    lookups,
    observe,
  });
}
