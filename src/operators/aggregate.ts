import type { Codec } from '../schema/codec.ts';
import type { Origin } from './operator.ts';

/** When an event happened, ms, and where it stood in its log: one order for all events. */
export interface At extends Origin {
  readonly eventTime: number;
}

/**
 * A mergeable aggregate. `merge` is associative and commutative, `create()` is its neutral element,
 * and adding values one by one equals merging what was added apart: then neither batches nor lanes
 * nor retries can change a result. `checkAggregateLaws` of tidemark/testing looks for a
 * counterexample.
 *
 * `add` and `merge` may change and return their first argument. `merge` neither changes nor keeps
 * its second one, and does not throw. `finish` is only asked of what something was added to, and
 * changes nothing.
 */
export interface Aggregate<In, Acc, Out> {
  /** Stable: part of the stage's name and of its fingerprint. */
  readonly name: string;
  /** An accumulator that holds nothing yet. */
  create(): Acc;
  /** Operators always tell `at`. Throws before anything has changed if the value cannot be added. */
  add(accumulator: Acc, value: In, at?: At): Acc;
  /** What both hold together. */
  merge(accumulator: Acc, other: Acc): Acc;
  /** The result of what was added. */
  finish(accumulator: Acc): Out;
  /**
   * Undoes `add` of an equal value, exactly, whatever was added and removed in between; it may change
   * and return the accumulator. Only asked for what is in it, and never for the last value: an empty
   * accumulator is made anew. Left out where it cannot be done: then tables keep the rows of a group.
   */
  remove?(accumulator: Acc, value: In): Acc;
  /** How accumulators are stored. */
  readonly codec: Codec<Acc>;
  /** For types only, there is no value: an aggregate of other events is refused. */
  readonly accepts?: (value: In) => void;
}

/** Whatever its accumulator may be. */
export type AnyAggregate<In = never, Out = unknown> = Aggregate<In, unknown, Out>;
