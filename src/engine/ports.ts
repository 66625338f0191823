import type { Observer } from '../observability/observer.ts';
import type { DeadLetterSink } from '../sinks/dead-letter-sink.ts';
import type { Sink } from '../sinks/sink.ts';
import type { Source } from '../sources/source.ts';
import type { Store } from '../store/store.ts';
import type { SourcePlan, StagePlan } from '../topology/plan.ts';

/** Wall time, ms. The engine has no other. */
export type Clock = () => number;

/** Everything outside that the engine touches. */
export interface Ports {
  readonly store: Store;
  readonly clock: Clock;
  /** By the name of the stream in the plan. */
  readonly sources: Readonly<Record<string, Source>>;
  /** By the name of the sink in the plan. */
  readonly sinks: Readonly<Record<string, Sink>>;
  readonly deadLetters: DeadLetterSink;
  /** Places for late events, by their names in the plan. */
  readonly lateEvents?: Readonly<Record<string, DeadLetterSink>>;
  readonly observe: Observer;
}

/** One stage with what it reads and where it writes: what every step of the protocol is handed. */
export interface StageContext {
  readonly stage: StagePlan;
  readonly source: SourcePlan;
  readonly log: Source;
  readonly sink: Sink;
  readonly store: Store;
  readonly clock: Clock;
  readonly deadLetters: DeadLetterSink;
  /** `undefined`: late events are counted, and that is all. */
  readonly lateEvents: DeadLetterSink | undefined;
  readonly observe: Observer;
  /** What this process has learnt and need not ask again. */
  readonly memory: StageMemory;
}

/** Hints only: losing them costs a few reads or refused writes, never a result. */
export interface StageMemory {
  /** The meta item was found to fit this plan. */
  fits: boolean;
  /** The highest target that every bucket is known to have. */
  target: number;
}
