import { BadRecordError } from '../errors.ts';
import { type Codec, numberCodec } from '../schema/codec.ts';

/**
 * A sum without rounding: doubles that do not overlap, least first, whose exact sum is the sum of
 * all that was added. Rounding happens once, in roundedSum, so the result depends neither on the
 * order nor on the grouping of additions. (J. R. Shewchuk, "Adaptive Precision Floating-Point
 * Arithmetic and Fast Robust Geometric Predicates", 1997.)
 */
export type ExactSum = number[];

/** Beyond it 2^53 additions could leave the range of doubles. */
const GREATEST = 2 ** 970;

/**
 * Adds a number to the sum, in place.
 *
 * @throws BadRecordError, before anything has changed, unless the value is a finite number of at most 2^970
 */
export function addToExactSum(sum: ExactSum, value: number): ExactSum {
  if (typeof value !== 'number' || !(Math.abs(value) <= GREATEST)) {
    throw new BadRecordError(`a value to sum is not a finite number of at most 2^970`);
  }
  return grow(sum, value);
}

export function mergeExactSums(sum: ExactSum, other: ExactSum): ExactSum {
  for (const part of other) grow(sum, part);
  return sum;
}

/** The double nearest to the exact sum. */
export function roundedSum(sum: ExactSum): number {
  let i = sum.length - 1;
  let high = i >= 0 ? part(sum, i) : 0;
  let low = 0;
  while (i > 0 && low === 0) {
    const before = high;
    const next = part(sum, --i);
    high = before + next;
    low = next - (high - before);
  }
  return i > 0 && Math.sign(low) === Math.sign(part(sum, i - 1)) ? nudged(high, low) : high;
}

export const exactSumCodec: Codec<ExactSum> = {
  write(sum, to, slot) {
    to.unsigned(sum.length);
    for (const part of sum) numberCodec.write(part, to, slot);
  },
  read: (from, slot) => from.list(() => numberCodec.read(from, slot)),
};

function grow(sum: ExactSum, value: number): ExactSum {
  let kept = 0;
  let carried = value;
  for (let i = 0; i < sum.length; i++) {
    const other = part(sum, i);
    const high = carried + other;
    const virtual = high - carried;
    const low = carried - (high - virtual) + (other - virtual);
    if (low !== 0) sum[kept++] = low;
    carried = high;
  }
  sum.length = kept;
  if (carried !== 0) sum.push(carried);
  return sum;
}

/** A tie was broken without looking at the parts below; they decide it. */
function nudged(high: number, low: number): number {
  const doubled = low * 2;
  const raised = high + doubled;
  return raised - high === doubled ? raised : high;
}

const part = (sum: ExactSum, i: number): number => sum[i] as number;
