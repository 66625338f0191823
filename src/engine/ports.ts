import { invariant } from '../invariant.ts';
import type { LookupTable } from '../lookups/lookup.ts';
import type { Observer } from '../observability/observer.ts';
import type { Shape } from '../schema/shape.ts';
import type { DeadLetterSink } from '../sinks/dead-letter-sink.ts';
import type { Sink } from '../sinks/sink.ts';
import type { Source } from '../sources/source.ts';
import type { Store } from '../store/store.ts';
import type { OutputPlan, SourcePlan, StagePlan } from '../topology/plan.ts';
import { streamOfLane } from './logs.ts';
import type { Lookups } from './rows.ts';

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
  /** Tables to look rows up in, by their names in the plan. */
  readonly lookups?: Readonly<Record<string, LookupTable>>;
  readonly observe: Observer;
  /** Given where the input ends, and all of it is here. */
  readonly bounded?: Bounded;
}

/**
 * Of a run over input that ends, with nobody else at work and no time limit: a firing may hold on to what it
 * would have to write, and leaves nothing for later ones when there are none. What it held is lost when it
 * fails, so whoever says this goes back to before the firing then.
 */
export interface Bounded {
  /** About how much a firing may hold, bytes. */
  readonly heldBytesMax: number;
}

/** One stage with what it reads and where it writes: what every step of the protocol is handed. */
export interface StageContext {
  readonly stage: StagePlan;
  /** The streams that it reads, by name. */
  readonly sources: ReadonlyMap<string, SourcePlan>;
  /** The logs of those streams. */
  readonly log: Source;
  /** The stages whose buckets are lanes of this one. */
  readonly before: readonly StageContext[];
  /** The stages that read the results of this one. */
  readonly after: readonly StageContext[];
  /** The other stages that read one of its streams. */
  readonly beside: readonly StageContext[];
  readonly outlets: readonly Outlet[];
  readonly store: Store;
  readonly clock: Clock;
  readonly deadLetters: DeadLetterSink;
  /** The tables that its inputs look rows up in, by name. */
  readonly lookups: Lookups;
  /** `undefined`: late events are counted, and that is all. */
  readonly lateEvents: DeadLetterSink | undefined;
  readonly observe: Observer;
  readonly bounded: Bounded | undefined;
  /** What this process has learnt and need not ask again. */
  readonly memory: StageMemory;
}

/** What is needed to read of a stage what it has committed. */
export interface StageStore extends Pick<StageContext, 'stage'> {
  readonly store: Pick<Store, 'get' | 'query'>;
}

/** A sink of a stage, and the ways on which results go there. */
export interface Outlet {
  readonly sink: Sink;
  readonly shape: Shape;
  readonly ways: readonly Pick<OutputPlan, 'tag' | 'steps'>[];
}

/** The source that a lane of the stage belongs to. */
export function sourceOf({ sources }: StageContext, lane: string): SourcePlan {
  const [only] = sources.values();
  const source = sources.size === 1 ? only : sources.get(streamOfLane(lane));
  invariant(source, `lane ${lane} belongs to a stream of the stage`);
  return source;
}

/** Hints only: losing them costs a few reads or refused writes, never a result. */
export interface StageMemory {
  /** The meta item was found to fit this plan. */
  fits: boolean;
  /** The stage has a set of lanes. */
  met: boolean;
  /** The highest target that every bucket is known to have. */
  target: number;
  /** Lanes that were seen in the set. */
  readonly letIn: Set<string>;
  /** Buckets that lagged at the last tick, by number: how far they were, and since when they are known to wait. */
  readonly waiting: Map<number, { readonly firedThrough: number; readonly since: number }>;
}
