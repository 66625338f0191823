import { PlanError } from '../errors.ts';
import { type Codec, numberCodec } from '../schema/codec.ts';
import type { Aggregate } from './aggregate.ts';
import { checkBetween, checkFunctionOf, finite } from './checks.ts';
import { type RelativeBuckets, relativeBuckets } from './relative-buckets.ts';

/** How exact quantiles are. */
export interface QuantilesOptions {
  /** The relative error, above 0 and below 1. Default 0.01: 1 %. */
  readonly accuracy?: number;
}

/** One number for each quantile that was asked for: `{ '0.5': 12, '0.99': 80 }`. */
export type Quantiles<Q extends number> = Readonly<Record<`${Q}`, number>>;

export interface QuantileSketch {
  readonly counts: Map<number, number>;
  least: number;
  greatest: number;
}

const DEFAULT_ACCURACY = 0.01;

/**
 * Quantiles of a number of each event. Of n values in order, quantile q is the one at floor(q (n - 1)),
 * and the answer is off by `accuracy` of it at most; 0 and 1 are the exact extremes. (DDSketch: C.
 * Masson, J. E. Rim, H. K. Lee, 2019. It follows from the values alone, where what t-digest and KLL
 * sketches say also depends on the order and the grouping in which they came.)
 *
 * Takes 2 to 5 bytes for each bucket that has values; with 1 % there are 50 buckets from a number to
 * twice the number.
 *
 * @throws PlanError SETTING_INVALID
 */
export function quantiles<In, const Q extends number>(
  wanted: readonly Q[],
  of: (event: In) => number,
  { accuracy = DEFAULT_ACCURACY }: QuantilesOptions = {},
): Aggregate<In, QuantileSketch, Quantiles<Q>> {
  checkWanted(wanted);
  checkFunctionOf('what quantiles() is given', of);
  checkBetween('the accuracy of quantiles()', accuracy, 1e-6, 1);
  const buckets = relativeBuckets(accuracy);
  const within = accuracy === DEFAULT_ACCURACY ? '' : `-within-${accuracy}`;
  return {
    name: `quantiles-${wanted.join('-')}${within}`,
    create: () => ({ counts: new Map(), least: Infinity, greatest: -Infinity }),
    add: (sketch, event) => addValue(sketch, finite(of(event), 'quantiles'), buckets),
    merge(sketch, other) {
      for (const [index, count] of other.counts) raise(sketch.counts, index, count);
      sketch.least = Math.min(sketch.least, other.least);
      sketch.greatest = Math.max(sketch.greatest, other.greatest);
      return sketch;
    },
    finish: (sketch) => quantilesOf(sketch, wanted, buckets),
    codec: quantileCodec,
  };
}

function addValue(sketch: QuantileSketch, value: number, buckets: RelativeBuckets): QuantileSketch {
  raise(sketch.counts, buckets.indexOf(value), 1);
  sketch.least = Math.min(sketch.least, value);
  sketch.greatest = Math.max(sketch.greatest, value);
  return sketch;
}

function raise(counts: Map<number, number>, index: number, by: number): void {
  counts.set(index, (counts.get(index) ?? 0) + by);
}

function quantilesOf<Q extends number>(
  { counts, least, greatest }: QuantileSketch,
  wanted: readonly Q[],
  { middleOf }: RelativeBuckets,
): Quantiles<Q> {
  const sorted = inOrder(counts);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  const answers = wanted.map((q): [string, number] => {
    if (q === 0) return [String(q), least];
    if (q === 1) return [String(q), greatest];
    const middle = middleOf(bucketAt(sorted, Math.floor(q * (total - 1))));
    return [String(q), Math.min(Math.max(middle, least), greatest)];
  });
  return Object.fromEntries(answers) as Quantiles<Q>;
}

/** The bucket of the value with so many before it. */
function bucketAt(sorted: readonly (readonly [number, number])[], rank: number): number {
  let before = 0;
  for (const [index, count] of sorted) {
    before += count;
    if (rank < before) return index;
  }
  return 0;
}

const inOrder = (counts: QuantileSketch['counts']): [number, number][] =>
  [...counts].sort(([a], [b]) => a - b);

const quantileCodec: Codec<QuantileSketch> = {
  write({ counts, least, greatest }, to, slot) {
    numberCodec.write(least, to, slot);
    numberCodec.write(greatest, to, slot);
    to.unsigned(counts.size);
    let before = 0;
    for (const [index, count] of inOrder(counts)) {
      to.signed(index - before);
      to.unsigned(count);
      before = index;
    }
  },
  read(from, slot) {
    const least = numberCodec.read(from, slot);
    const greatest = numberCodec.read(from, slot);
    const counts = new Map<number, number>();
    let index = 0;
    for (let left = from.unsigned(); left > 0; left--) {
      index += from.signed();
      counts.set(index, from.unsigned());
    }
    return { counts, least, greatest };
  },
};

function checkWanted(wanted: readonly number[]): void {
  const right = (q: number): boolean => typeof q === 'number' && q >= 0 && q <= 1;
  if (Array.isArray(wanted) && wanted.length > 0 && wanted.every(right)) return;
  throw new PlanError(
    'SETTING_INVALID',
    `the quantiles are ${JSON.stringify(wanted)}`,
    'Give one or more numbers from 0 to 1, such as [0.5, 0.99].',
  );
}
