import type { Operator } from '../operators/operator.ts';
import type { Schema } from '../schema/standard-schema.ts';
import type { EventTimeLike } from '../time/event-time.ts';

/** What a source declares about its events. All durations in ms. */
export interface SourcePlan {
  readonly name: string;
  readonly schema: Schema;
  readonly timestamp: (event: never) => EventTimeLike;
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
  | { readonly kind: 'filter'; readonly apply: (event: never) => boolean }
  | { readonly kind: 'map'; readonly apply: (event: never) => unknown };

/** What becomes of late events. Durations in ms. */
export interface LatePlan {
  readonly allowedLatenessMs: number;
  /** How often open windows tell what they have so far; 0: never. */
  readonly emitEveryMs: number;
  readonly sideOutput: SideSinkPlan | undefined;
}

/** One keyBy and its stateful operator, with the stateless operators before it. */
export interface StagePlan {
  /** Stable: the state is stored under it. */
  readonly name: string;
  readonly source: string;
  readonly steps: readonly Step[];
  readonly key: (event: never) => string | number;
  readonly operator: Operator;
  readonly sink: SinkPlan;
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

/** Where results go. */
export interface SinkPlan {
  readonly kind: 'table';
  readonly name: string;
}

/** A pipeline as data: frozen, runs nowhere until a runtime runs it. */
export interface Plan {
  readonly name: string;
  readonly sources: readonly SourcePlan[];
  readonly stages: readonly StagePlan[];
}
