import { ConfigurationError, type ConfigurationErrorCode } from '../errors.ts';
import type { Observer } from '../observability/observer.ts';
import { type Decoded, eventDecoder } from '../schema/event-decoder.ts';
import { userRecords } from '../sources/aggregated-record.ts';
import type { LogRecord } from '../sources/source.ts';
import { MIN_TIME } from '../time/watermark.ts';
import { lookupsOf } from '../topology/lookup.ts';
import {
  laneIn,
  type OutputPlan,
  type Plan,
  type StagePlan,
  stagesBefore,
  streamsOf,
} from '../topology/plan.ts';
import type { Raise } from './bucket.ts';
import { type Fired, fire } from './fire.ts';
import { type Gathered, gather } from './gather.ts';
import { unitedLog } from './logs.ts';
import type { Outlet, Ports, StageContext, StageMemory } from './ports.ts';
import { isAfter } from './position.ts';
import { raiseLane } from './raise.ts';
import { meet } from './register.ts';
import { RowCache } from './row-cache.ts';
import type { Lookups } from './rows.ts';
import { tick } from './tick.ts';
import { type Metered, metered, watchedStore } from './watched-ports.ts';

/** The things that a runtime makes a pipeline do. Each may come again, at any time, anywhere. */
export interface Engine {
  /** Deals with a batch of records of one lane, and with all that is packed in each. */
  gather(source: string, lane: string, records: Iterable<LogRecord>): Promise<Gathered>;
  /** Fires what is due in a bucket, until `outOfTime`. `raise`: what it is told by, if that is known. */
  fire(stage: string, bucket: number, outOfTime: () => boolean, raise?: Raise): Promise<Fired>;
  /** Takes the caller's word that a lane has nothing more at or before a watermark. */
  raise(source: string, lane: string, watermark: number): Promise<void>;
  /** Registers, proves idleness, and fires buckets that lag. */
  tick(outOfTime: () => boolean): Promise<void>;
}

/** What outlives one invocation of an engine: decoders, and what was learnt about stages. */
export interface Warm {
  readonly decoders: ReadonlyMap<string, (data: Uint8Array) => Decoded>;
  readonly memories: ReadonlyMap<string, StageMemory>;
  /** Rows that were looked up, by table. */
  readonly caches: ReadonlyMap<string, RowCache>;
}

/** How many rows of a table are remembered. */
const CACHED_ROWS_MAX = 10_000;

export function warm(plan: Plan): Warm {
  return {
    decoders: new Map(plan.sources.map(({ name, schema }) => [name, eventDecoder(schema)])),
    memories: new Map(plan.stages.map(({ name }) => [name, nothingLearnt()])),
    caches: new Map(lookupsOf(plan).map((name) => [name, new RowCache(CACHED_ROWS_MAX)])),
  };
}

const nothingLearnt = (): StageMemory => ({
  fits: false,
  met: false,
  target: MIN_TIME,
  letIn: new Set(),
  waiting: new Map(),
});

/**
 * The engine of a plan over its ports.
 *
 * @throws ConfigurationError SOURCE_MISSING, SINK_MISSING, LOOKUP_MISSING if the plan names what the ports do not have
 */
export function engine(plan: Plan, ports: Ports, kept = warm(plan)): Engine {
  const { decoders } = kept;
  const contexts = contextsOf(plan, ports, kept);
  const readersOf = (source: string) => contexts.filter(({ sources }) => sources.has(source));
  return {
    async gather(source, lane, delivered) {
      const decode = found(decoders.get(source), 'SOURCE_MISSING', `stream ${source}`);
      const now = ports.clock();
      const records = userRecords(delivered);
      const readers = readersOf(source);
      if (readers.length > 1) for (const context of readers) await meet(context);
      let stoppedAt: string | undefined;
      for (const context of readers) {
        const gathered = await gather(context, { source, lane, records, now, decode });
        stoppedAt = first(stoppedAt, gathered.stoppedAt);
      }
      return { stoppedAt };
    },
    async fire(stage, bucket, outOfTime, raise) {
      const context = contexts.find((one) => one.stage.name === stage);
      return context ? fire(context, { bucket, raise }, outOfTime) : 'done';
    },
    async raise(source, lane, watermark) {
      for (const context of readersOf(source)) {
        await raiseLane(context, laneIn(context.stage, source, lane), watermark);
      }
    },
    async tick(outOfTime) {
      const failures: unknown[] = [];
      for (const context of contexts) {
        try {
          const due = await tick(context);
          await Promise.all(due.map((bucket) => fireReporting(context, bucket, outOfTime)));
        } catch (error) {
          // A stream that cannot be reached must not keep stages of other streams from closing.
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** A bucket that cannot be fired must not keep others from firing; the next tick tries it again. */
async function fireReporting(
  context: StageContext,
  bucket: number,
  outOfTime: () => boolean,
): Promise<void> {
  try {
    await fire(context, { bucket, raise: undefined }, outOfTime);
  } catch (error) {
    const { stage, observe } = context;
    observe({ kind: 'failed', stage: stage.name, bucket, what: `firing bucket ${bucket}`, error });
  }
}

/** In the order of the plan: each stage knows those that it reads, and later those that read it. */
function contextsOf(plan: Plan, ports: Ports, { memories, caches }: Warm): StageContext[] {
  const observe = undisturbed(ports.observe);
  const known = new Map<string, Linked>();
  for (const stage of plan.stages) {
    const before = stagesBefore(stage).flatMap((name) => known.get(name) ?? []);
    const memory = memories.get(stage.name) as StageMemory;
    const lookups = lookupsIn(stage, ports, caches);
    const parts = { before, after: [], beside: [], lookups, observe, memory };
    const context = { ...contextOf(plan, stage, { ...ports, observe }), ...parts };
    known.set(stage.name, context);
    for (const one of before) one.after.push(context);
  }
  const contexts = [...known.values()];
  for (const one of contexts) {
    const reads = ({ sources }: StageContext) =>
      [...sources.keys()].some((s) => one.sources.has(s));
    one.beside.push(...contexts.filter((other) => other !== one && reads(other)));
  }
  return contexts;
}

/** While it is being put together. */
type Linked = StageContext & { readonly after: StageContext[]; readonly beside: StageContext[] };

function contextOf(plan: Plan, stage: StagePlan, ports: Ports) {
  const { clock, observe } = ports;
  const tell = <Port extends Metered<Port>>(port: Port): Port => metered(port, stage.name, observe);
  const streams = plan.sources.filter(({ name }) => streamsOf(stage).includes(name));
  const logs = new Map(
    streams.map(({ name }) => [
      name,
      found(ports.sources[name], 'SOURCE_MISSING', `stream ${name}`),
    ]),
  );
  const [only] = logs.values();
  const side = stage.late.sideOutput;
  return {
    stage,
    sources: new Map(streams.map((source) => [source.name, source])),
    log: logs.size === 1 && only !== undefined ? only : unitedLog(logs),
    outlets: outletsOf(stage, ports.sinks).map((one) => ({ ...one, sink: tell(one.sink) })),
    store: watchedStore(ports.store, stage.name, observe),
    clock,
    bounded: ports.bounded,
    deadLetters: tell(ports.deadLetters),
    lateEvents:
      side &&
      tell(
        found(ports.lateEvents?.[side.name], 'SINK_MISSING', `place for late events ${side.name}`),
      ),
  };
}

function lookupsIn(stage: StagePlan, ports: Ports, caches: Warm['caches']): Lookups {
  const names = lookupsOf({ stages: [stage] });
  return new Map(
    names.map((name) => {
      const what = `table ${name} to look rows up in`;
      const table = found(ports.lookups?.[name], 'LOOKUP_MISSING', what);
      return [name, { table, cache: caches.get(name) ?? new RowCache(CACHED_ROWS_MAX) }];
    }),
  );
}

/** One for each sink: what goes there on several ways is numbered as one. */
function outletsOf({ outputs }: StagePlan, sinks: Ports['sinks']): Outlet[] {
  const names = [...new Set(outputs.map(({ sink }) => sink.name))];
  return names.map((name) => {
    const ways = outputs.filter(({ sink }) => sink.name === name);
    const [{ shape }] = ways as [OutputPlan];
    return { sink: found(sinks[name], 'SINK_MISSING', `sink ${name}`), shape, ways };
  });
}

/** Whoever watches must not change what happens by failing. */
const undisturbed =
  (observe: Observer): Observer =>
  (observation) => {
    try {
      observe(observation);
    } catch {
      // There is nobody left to tell.
    }
  };

function found<T>(it: T | undefined, code: ConfigurationErrorCode, what: string): T {
  if (it !== undefined) return it;
  throw new ConfigurationError(
    code,
    `the plan has a ${what} that the runtime was not given`,
    'Give one under the name that the plan uses.',
  );
}

const first = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && isAfter(a, b)) ? b : a;
