import type { Aggregate } from './aggregate.ts';
import { checkFunctionOf, checkLimit, checkWhole, MAX_HELD, MAX_LIMIT } from './checks.ts';
import { type Scalar, scalar, scalarCodec } from './scalar.ts';

/** How much of a window and key an aggregate holds. */
export interface HeldOptions {
  /**
   * How many values a window of a key may hold. Beyond it the window gives a LimitError, and no wrong
   * number. Raising it later keeps what is stored.
   */
  readonly max?: number;
}

/**
 * How many different values there are, exactly: texts, numbers and booleans. All of them are kept
 * until the window closes, 10,000 a window unless `max` says otherwise.
 *
 * @throws PlanError SETTING_INVALID
 */
export function distinct<In>(
  of: (event: In) => Scalar,
  { max = MAX_HELD }: HeldOptions = {},
): Aggregate<In, Set<Scalar>, number> {
  checkFunctionOf('what distinct() is given', of);
  checkWhole('max of distinct()', max, 1, MAX_LIMIT);
  return {
    name: 'distinct',
    create: () => new Set(),
    add: (values, event) => values.add(scalar(of(event), 'to tell apart')),
    merge(values, other) {
      for (const value of other) values.add(value);
      return values;
    },
    finish(values) {
      checkLimit('distinct values', values.size, max, 'approximateDistinct() needs no limit');
      return values.size;
    },
    codec: {
      write(values, to, slot) {
        to.unsigned(values.size);
        for (const value of values) scalarCodec.write(value, to, slot);
      },
      read: (from, slot) => new Set(from.list(() => scalarCodec.read(from, slot))),
    },
  };
}
