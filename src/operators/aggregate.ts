import type { Codec } from '../schema/codec.ts';

/**
 * A mergeable aggregate. `merge` is associative and commutative, `create()` is its neutral element,
 * and adding values one by one equals merging what was added apart: then neither batches nor lanes
 * nor retries can change a result.
 *
 * `add` and `merge` may change and return their first argument.
 */
export interface Aggregate<In, Acc, Out> {
  /** Stable: part of the stage's name and of its fingerprint. */
  readonly name: string;
  create(): Acc;
  add(accumulator: Acc, value: In): Acc;
  merge(accumulator: Acc, other: Acc): Acc;
  finish(accumulator: Acc): Out;
  readonly codec: Codec<Acc>;
}
