import type { Operator } from '../operators/operator.ts';
import type { Shape } from '../schema/shape.ts';
import type { Schema } from '../schema/standard-schema.ts';
import type { EventTimeLike } from '../time/event-time.ts';

/** What a source declares about its events. All durations in ms. */
export interface SourcePlan {
  readonly name: string;
  readonly schema: Schema;
  /** When an event happened; or the time at which the log took it, or at which it is processed. */
  readonly timestamp: ((event: never) => EventTimeLike) | 'arrival' | 'processing';
  /** How far behind the newest event of its shard an event may come and still be in order. */
  readonly outOfOrdernessMs: number;
  /** How far after its arrival an event may claim to have happened. */
  readonly maxFutureSkewMs: number;
  /** The longest time from an event to its arrival, if the source can promise one; it closes the last window. */
  readonly maxDelayMs: number | undefined;
  readonly onBadRecord: BadRecordPolicy;
}

/** `deadLetter`: set aside with the reason, and go on. `stop`: the shard waits at this record. */
export type BadRecordPolicy = 'deadLetter' | 'stop';

/** A stateless operator. */
export type Step =
  | {
      readonly kind: 'filter';
      /** Whether the event goes on. */
      readonly apply: (event: never) => boolean;
    }
  | {
      readonly kind: 'map';
      /** The event that goes on in its place. */
      readonly apply: (event: never) => unknown;
    }
  | {
      readonly kind: 'flatMap';
      /** The events that go on in its place. */
      readonly apply: (event: never) => Iterable<unknown>;
    }
  | {
      readonly kind: 'peek';
      /** Sees the event, which goes on as it is. */
      readonly apply: (event: never) => unknown;
    }
  | {
      readonly kind: 'lookup';
      /** The key of the row that belongs to an event. */
      readonly apply: (event: never) => string | number | null | undefined;
      readonly lookup: LookupPlan;
    };

/** Rows to be looked up while gathering. */
export interface LookupPlan {
  /** The runtime gives the table of this name. */
  readonly table: string;
  readonly schema: Schema | undefined;
  readonly consistent: boolean;
  /** How long a row may be used again, ms; 0: only for its batch. */
  readonly cacheForMs: number;
  /** Events without a row are left out. */
  readonly required: boolean;
}

/** Where the events of a stage come from: a stream of the plan, or the results of another stage. */
export interface From {
  readonly kind: 'stream' | 'stage';
  readonly name: string;
  /** Of several kinds of results, the ones of this name. */
  readonly tag?: string;
}

/** One way into a stage. */
export interface InputPlan {
  readonly from: From;
  readonly steps: readonly Step[];
  /** The key that an event of it belongs to. */
  readonly key: (event: never) => string | number;
  /** Which input of its operator it is: 0, or for a join 0 on the left and 1 on the right. */
  readonly side: number;
  /**
   * It reads rows of a table as another stage tells them: where a new row cannot be taken, the old one
   * is taken back all the same.
   */
  readonly takesBack?: boolean;
}

/** One way out of a stage. */
export interface OutputPlan {
  /** Of several kinds of results, the ones of this name. */
  readonly tag?: string;
  readonly steps: readonly Step[];
  readonly shape: Shape;
  readonly sink: SinkPlan;
}

/** What becomes of late events. Durations in ms. */
export interface LatePlan {
  readonly allowedLatenessMs: number;
  /** How often open windows tell what they have so far; 0: never. */
  readonly emitEveryMs: number;
  readonly sideOutput: SideSinkPlan | undefined;
}

/** One keyBy and its stateful operator, with the stateless operators before and after it. */
export interface StagePlan {
  /** Stable: the state is stored under it. */
  readonly name: string;
  readonly inputs: readonly InputPlan[];
  readonly operator: Operator;
  /** None: its results are only read by other stages. */
  readonly outputs: readonly OutputPlan[];
  readonly late: LatePlan;
  /** How many buckets share the keys: the unit of parallel firing. */
  readonly buckets: number;
  /** The grid that slots lie on, ms. */
  readonly resolutionMs: number;
  /** How many keys are written to a sink at a time. */
  readonly keysPerChunk: number;
}

/** Where events that are too late go, raw as they came. */
export interface SideSinkPlan {
  readonly kind: 'late';
  readonly name: string;
}

/** Where results go: rows of a table, or messages to whatever takes them. */
export interface SinkPlan {
  readonly kind: SinkKind;
  readonly name: string;
}

/** What a plan can say of a sink. The runtime gives one that fits; of a `custom` one it alone knows what it is. */
export type SinkKind = 'table' | 'stream' | 'queue' | 'topic' | 'objects' | 'push' | 'custom';

/** A pipeline as data: frozen, runs nowhere until a runtime runs it. */
export interface Plan {
  readonly name: string;
  readonly sources: readonly SourcePlan[];
  /** Each after those that it reads. */
  readonly stages: readonly StagePlan[];
}

/** For what comes from outside, where types do not reach. */
export function isPlan(value: unknown): value is Plan {
  if (typeof value !== 'object' || value === null) return false;
  const { name, sources, stages } = value as Partial<Record<keyof Plan, unknown>>;
  return typeof name === 'string' && Array.isArray(sources) && Array.isArray(stages);
}

/** The streams that a stage reads, each once. */
export const streamsOf = ({ inputs }: Pick<StagePlan, 'inputs'>): string[] => [
  ...new Set(inputs.filter(({ from }) => from.kind === 'stream').map(({ from }) => from.name)),
];

/** The stages whose results a stage reads, each once. */
export const stagesBefore = ({ inputs }: Pick<StagePlan, 'inputs'>): string[] => [
  ...new Set(inputs.filter(({ from }) => from.kind === 'stage').map(({ from }) => from.name)),
];

/** A lane as a stage calls it: two streams may use the same name. */
export const laneIn = (stage: Pick<StagePlan, 'inputs'>, stream: string, lane: string): string =>
  streamsOf(stage).length > 1 ? `${stream}/${lane}` : lane;

/** The sinks of a plan, each once, with the shape of what goes there. */
export function sinksOf(plan: Plan): { readonly sink: SinkPlan; readonly shape: Shape }[] {
  const outputs = plan.stages.flatMap((stage) => stage.outputs);
  return [...new Map(outputs.map(({ sink, shape }) => [sink.name, { sink, shape }])).values()];
}
