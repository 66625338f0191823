import { ConfigurationError } from '../errors.ts';
import type { Observer } from '../observability/observer.ts';
import { type Decoded, eventDecoder } from '../schema/event-decoder.ts';
import type { LogRecord } from '../sources/source.ts';
import { MIN_TIME } from '../time/watermark.ts';
import type { Plan, SourcePlan, StagePlan } from '../topology/plan.ts';
import { type Fired, fire } from './fire.ts';
import { type Gathered, gather } from './gather.ts';
import type { Ports, StageContext, StageMemory } from './ports.ts';
import { isAfter } from './position.ts';
import { raiseLane } from './raise.ts';
import { tick } from './tick.ts';

/** The things that a runtime makes a pipeline do. Each may come again, at any time, anywhere. */
export interface Engine {
  /** Deals with a batch of records of one lane. */
  gather(source: string, lane: string, records: readonly LogRecord[]): Promise<Gathered>;
  /** Fires what is due in a bucket, until `outOfTime`. */
  fire(stage: string, bucket: number, outOfTime: () => boolean): Promise<Fired>;
  /** Takes the caller's word that a lane has nothing more at or before a watermark. */
  raise(source: string, lane: string, watermark: number): Promise<void>;
  /** Registers, proves idleness, and fires buckets that lag. */
  tick(outOfTime: () => boolean): Promise<void>;
}

/** What outlives one invocation of an engine: decoders, and what was learnt about stages. */
export interface Warm {
  readonly decoders: ReadonlyMap<string, (data: Uint8Array) => Decoded>;
  readonly memories: ReadonlyMap<string, StageMemory>;
}

export function warm(plan: Plan): Warm {
  return {
    decoders: new Map(plan.sources.map(({ name, schema }) => [name, eventDecoder(schema)])),
    memories: new Map(plan.stages.map(({ name }) => [name, { fits: false, target: MIN_TIME }])),
  };
}

/**
 * The engine of a plan over its ports.
 *
 * @throws ConfigurationError SOURCE_MISSING, SINK_MISSING if the plan names what the ports do not have
 */
export function engine(plan: Plan, ports: Ports, { decoders, memories } = warm(plan)): Engine {
  const contexts = plan.stages.map((stage) => contextOf(plan, stage, ports, memories));
  return {
    async gather(source, lane, records) {
      const decode = found(decoders.get(source), 'SOURCE_MISSING', `stream ${source}`);
      const readers = contexts.filter((context) => context.stage.source === source);
      let stoppedAt: string | undefined;
      for (const context of readers) {
        const gathered = await gather(context, lane, records, decode);
        stoppedAt = first(stoppedAt, gathered.stoppedAt);
      }
      return { stoppedAt };
    },
    async fire(stage, bucket, outOfTime) {
      const context = contexts.find((one) => one.stage.name === stage);
      return context ? fire(context, bucket, outOfTime) : 'done';
    },
    async raise(source, lane, watermark) {
      const readers = contexts.filter((context) => context.stage.source === source);
      for (const context of readers) await raiseLane(context, lane, watermark);
    },
    async tick(outOfTime) {
      for (const context of contexts) {
        const due = await tick(context);
        await Promise.all(due.map((bucket) => fireReporting(context, bucket, outOfTime)));
      }
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
    await fire(context, bucket, outOfTime);
  } catch (error) {
    const { stage, observe } = context;
    observe({ kind: 'failed', stage: stage.name, what: `firing bucket ${bucket}`, error });
  }
}

function contextOf(
  plan: Plan,
  stage: StagePlan,
  ports: Ports,
  memories: Warm['memories'],
): StageContext {
  const { store, clock, deadLetters, sources, sinks } = ports;
  const observe = undisturbed(ports.observe);
  const source = plan.sources.find(({ name }) => name === stage.source) as SourcePlan;
  const memory = memories.get(stage.name) as StageMemory;
  const log = found(sources[source.name], 'SOURCE_MISSING', `stream ${source.name}`);
  const sink = found(sinks[stage.sink.name], 'SINK_MISSING', `sink ${stage.sink.name}`);
  const side = stage.late.sideOutput;
  const lateEvents =
    side &&
    found(ports.lateEvents?.[side.name], 'SINK_MISSING', `place for late events ${side.name}`);
  return { stage, source, log, sink, store, clock, deadLetters, lateEvents, observe, memory };
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

function found<T>(it: T | undefined, code: 'SOURCE_MISSING' | 'SINK_MISSING', what: string): T {
  if (it !== undefined) return it;
  throw new ConfigurationError(
    code,
    `the plan has a ${what} that the runtime was not given`,
    'Give one under the name that the plan uses.',
  );
}

const first = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && isAfter(a, b)) ? b : a;
