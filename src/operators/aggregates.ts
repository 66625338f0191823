import { countCodec, numberCodec } from '../schema/codec.ts';
import type { Aggregate } from './aggregate.ts';
import { checkFunctionOf, finite } from './checks.ts';
import {
  addToExactSum,
  type ExactSum,
  exactSumCodec,
  mergeExactSums,
  roundedSum,
} from './exact-sum.ts';

/** How many events. */
export function count(): Aggregate<unknown, number, number> {
  return {
    name: 'count',
    create: () => 0,
    add: (accumulator) => accumulator + 1,
    merge: (accumulator, other) => accumulator + other,
    remove: (accumulator) => accumulator - 1,
    finish: (accumulator) => accumulator,
    codec: countCodec,
  };
}

/**
 * The sum of a number of each event: the exact sum, rounded once at the end, so that neither the
 * order of events nor the cut of batches can change a digit.
 *
 * @throws PlanError SETTING_INVALID
 */
export function sum<In>(of: (event: In) => number): Aggregate<In, ExactSum, number> {
  checkFunctionOf('what sum() is given', of);
  return {
    name: 'sum',
    create: () => [],
    add: (accumulator, event) => addToExactSum(accumulator, of(event)),
    merge: mergeExactSums,
    remove: (accumulator, event) => addToExactSum(accumulator, -of(event)),
    finish: roundedSum,
    codec: exactSumCodec,
  };
}

/** The least of a number of each event. @throws PlanError SETTING_INVALID */
export function min<In>(of: (event: In) => number): Aggregate<In, number, number> {
  return extreme('min', of, Math.min, Number.POSITIVE_INFINITY);
}

/** The greatest of a number of each event. @throws PlanError SETTING_INVALID */
export function max<In>(of: (event: In) => number): Aggregate<In, number, number> {
  return extreme('max', of, Math.max, Number.NEGATIVE_INFINITY);
}

interface Mean {
  count: number;
  total: ExactSum;
}

/**
 * The arithmetic mean of a number of each event: the exact sum over the count.
 *
 * @throws PlanError SETTING_INVALID
 */
export function average<In>(of: (event: In) => number): Aggregate<In, Mean, number> {
  checkFunctionOf('what average() is given', of);
  return {
    name: 'average',
    create: () => ({ count: 0, total: [] }),
    add(mean, event) {
      mean.total = addToExactSum(mean.total, of(event));
      mean.count += 1;
      return mean;
    },
    merge(mean, other) {
      mean.total = mergeExactSums(mean.total, other.total);
      mean.count += other.count;
      return mean;
    },
    remove(mean, event) {
      mean.total = addToExactSum(mean.total, -of(event));
      mean.count -= 1;
      return mean;
    },
    finish: (mean) => roundedSum(mean.total) / mean.count,
    codec: {
      write(mean, to, slot) {
        to.unsigned(mean.count);
        exactSumCodec.write(mean.total, to, slot);
      },
      read: (from, slot) => ({ count: from.unsigned(), total: exactSumCodec.read(from, slot) }),
    },
  };
}

function extreme<In>(
  name: string,
  of: (event: In) => number,
  pick: (a: number, b: number) => number,
  neutral: number,
): Aggregate<In, number, number> {
  checkFunctionOf(`what ${name}() is given`, of);
  return {
    name,
    create: () => neutral,
    add: (accumulator, event) => pick(accumulator, finite(of(event), name)),
    merge: pick,
    finish: (accumulator) => accumulator,
    codec: numberCodec,
  };
}
