import { BadRecordError, PlanError } from '../errors.ts';
import type { Aggregate } from './aggregate.ts';
import { checkFunctionOf } from './checks.ts';
import { nearest, toUnits, UNIT_BITS } from './exact-ratio.ts';
import { addToExactSum, type ExactSum, exactSumCodec, mergeExactSums } from './exact-sum.ts';

/** Of which population the variance is. */
export interface VarianceOptions {
  /**
   * `population` (the default): of exactly these values, divided by n. `sample`: the estimate for what
   * they were drawn from, divided by n - 1; NaN for a single value, which is null in a table.
   */
  readonly kind?: 'population' | 'sample';
}

export interface Moments {
  count: number;
  total: ExactSum;
  squares: ExactSum;
}

/**
 * The variance of a number of each event: from the exact sums of the values and of their squares,
 * rounded once at the end, so neither order nor cut can change a digit, and no digit is lost where
 * the values are large and close to each other. Values of at most 2^485; squares below 2^-970 are
 * rounded.
 *
 * @throws PlanError SETTING_INVALID
 */
export function variance<In>(
  of: (event: In) => number,
  { kind = 'population' }: VarianceOptions = {},
): Aggregate<In, Moments, number> {
  return moments('variance', of, kind, (value) => value);
}

/** The square root of the variance. @throws PlanError SETTING_INVALID */
export function standardDeviation<In>(
  of: (event: In) => number,
  { kind = 'population' }: VarianceOptions = {},
): Aggregate<In, Moments, number> {
  return moments('standard-deviation', of, kind, Math.sqrt);
}

function moments<In>(
  name: string,
  of: (event: In) => number,
  kind: 'population' | 'sample',
  result: (variance: number) => number,
): Aggregate<In, Moments, number> {
  checkFunctionOf(`what ${name} is given`, of);
  if (kind !== 'population' && kind !== 'sample') throw noKind(kind);
  return {
    name: kind === 'sample' ? `${name}-sample` : name,
    create: () => ({ count: 0, total: [], squares: [] }),
    add: (sums, event) => addValue(sums, of(event), 1),
    remove: (sums, event) => addValue(sums, of(event), -1),
    merge(sums, other) {
      sums.count += other.count;
      mergeExactSums(sums.total, other.total);
      mergeExactSums(sums.squares, other.squares);
      return sums;
    },
    finish: (sums) => result(varianceOf(sums, kind === 'sample' ? sums.count - 1 : sums.count)),
    codec: momentsCodec,
  };
}

/** The square of a greater one could not be added up. */
const GREATEST = 2 ** 485;

/** Once, or minus once: what was added is taken away again to the last bit. */
function addValue(sums: Moments, value: number, times: 1 | -1): Moments {
  if (typeof value !== 'number' || !(Math.abs(value) <= GREATEST)) {
    throw new BadRecordError('a value to take the variance of is not a finite number up to 2^485');
  }
  const square = value * value;
  sums.count += times;
  addToExactSum(sums.total, times * value);
  addToExactSum(sums.squares, times * square);
  addToExactSum(sums.squares, times * squareError(value, square));
  return sums;
}

/** What rounding took from a square. (T. J. Dekker, "A floating-point technique", 1971.) */
function squareError(value: number, square: number): number {
  const wide = value * SPLITTER;
  const high = wide - (wide - value);
  const low = value - high;
  return low * low - (square - high * high - 2 * high * low);
}

const SPLITTER = 2 ** 27 + 1;

/** (count * squares - total^2) / (count * divisor), exactly, and then rounded. */
function varianceOf({ count, total, squares }: Moments, divisor: number): number {
  if (divisor <= 0) return Number.NaN;
  const sum = toUnits(total);
  const spread = ((BigInt(count) * toUnits(squares)) << UNIT_BITS) - sum * sum;
  // Below zero only where squares were too small to be held exactly.
  if (spread <= 0n) return 0;
  return nearest(spread, BigInt(count) * BigInt(divisor), 2n * UNIT_BITS);
}

const momentsCodec: Aggregate<never, Moments, unknown>['codec'] = {
  write({ count, total, squares }, to, slot) {
    to.unsigned(count);
    exactSumCodec.write(total, to, slot);
    exactSumCodec.write(squares, to, slot);
  },
  read: (from, slot) => ({
    count: from.unsigned(),
    total: exactSumCodec.read(from, slot),
    squares: exactSumCodec.read(from, slot),
  }),
};

const noKind = (kind: unknown): PlanError =>
  new PlanError(
    'SETTING_INVALID',
    `the kind of a variance is ${JSON.stringify(kind)}`,
    "Give 'population', or 'sample'.",
  );
