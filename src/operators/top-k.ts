import { PlanError } from '../errors.ts';
import type { Aggregate } from './aggregate.ts';
import { checkFunctionOf, checkLimit, checkWhole, MAX_HELD, MAX_LIMIT } from './checks.ts';
import type { HeldOptions } from './distinct.ts';
import {
  addToExactSum,
  type ExactSum,
  exactSumCodec,
  mergeExactSums,
  roundedSum,
} from './exact-sum.ts';
import { compareScalars, type Scalar, scalar, scalarCodec } from './scalar.ts';

/** A value and what it adds up to: how many events had it, or their weights. */
export interface Ranked<V extends Scalar = Scalar> {
  readonly value: V;
  readonly total: number;
}

/** What values are ranked by, and how many are held. */
export interface TopKOptions<In> extends HeldOptions {
  /** What each event counts for. Default 1. */
  readonly weight?: (event: In) => number;
}

type Totals = Map<Scalar, ExactSum>;

/**
 * The `k` values with the greatest totals, greatest first; of equal ones the lesser value first. Exact:
 * every value of the window is kept until it closes, 10,000 unless `max` says otherwise.
 *
 * @throws PlanError SETTING_INVALID
 */
export function topK<In, V extends Scalar>(
  k: number,
  of: (event: In) => V,
  options: TopKOptions<In> = {},
): Aggregate<In, Totals, readonly Ranked<V>[]> {
  const { weight, max = MAX_HELD } = options;
  checkWhole('k of topK()', k, 1, 10_000);
  checkWhole('max of topK()', max, 1, MAX_LIMIT);
  checkFunctionOf('what topK() is given', of);
  if (weight !== undefined) checkFunctionOf('weight of topK()', weight);
  if (max < k) throw tooFew(k, max);
  return {
    name: weight === undefined ? `top-${k}` : `top-${k}-weighted`,
    create: () => new Map(),
    add(totals, event) {
      const value = scalar(of(event), 'to rank');
      const total = totals.get(value) ?? [];
      totals.set(value, addToExactSum(total, weight === undefined ? 1 : weight(event)));
      return totals;
    },
    merge(totals, other) {
      for (const [value, total] of other) {
        totals.set(value, mergeExactSums(totals.get(value) ?? [], total));
      }
      return totals;
    },
    finish(totals) {
      checkLimit('values to rank', totals.size, max, 'or rank coarser values');
      const ranked = [...totals].map(([value, total]) => ({ value, total: roundedSum(total) }));
      ranked.sort((a, b) => b.total - a.total || compareScalars(a.value, b.value));
      return ranked.slice(0, k) as Ranked<V>[];
    },
    codec: totalsCodec,
  };
}

const totalsCodec: Aggregate<never, Totals, unknown>['codec'] = {
  write(totals, to, slot) {
    to.unsigned(totals.size);
    for (const [value, total] of totals) {
      scalarCodec.write(value, to, slot);
      exactSumCodec.write(total, to, slot);
    }
  },
  read(from, slot) {
    const totals: Totals = new Map();
    for (let left = from.unsigned(); left > 0; left--) {
      const value = scalarCodec.read(from, slot);
      totals.set(value, exactSumCodec.read(from, slot));
    }
    return totals;
  },
};

const tooFew = (k: number, max: number): PlanError =>
  new PlanError(
    'SETTING_INVALID',
    `topK() is to give ${k} values and to hold ${max}`,
    'Give a max of at least k.',
  );
