import { PlanError } from '../errors.ts';
import type { Aggregate } from './aggregate.ts';
import { type Combined, combined, type InOf, type Parts } from './combined.ts';
import { type CustomAggregate, customAggregate } from './custom.ts';

/**
 * An aggregate of one's own from four functions, or several aggregates as one:
 *
 *   aggregate({ create, add, merge, finish })
 *   aggregate({ n: count(), revenue: sum((sale: Sale) => sale.amount) })
 *
 * @throws PlanError SETTING_INVALID
 */
export function aggregate<In, Acc, Out>(
  custom: CustomAggregate<In, Acc, Out>,
): Aggregate<In, Acc, Out>;
/** Several aggregates at once, as an object of their results: `aggregate({ n: count(), total: sum(...) })`. */
export function aggregate<P extends Parts>(parts: P): Aggregate<InOf<P>, unknown[], Combined<P>>;
export function aggregate(given: CustomAggregate<never, unknown, unknown> | Parts) {
  if (typeof given !== 'object' || given === null) throw noAggregate(given);
  return isCustom(given) ? customAggregate(given) : combined<never, Parts>(given);
}

const isCustom = (
  given: CustomAggregate<never, unknown, unknown> | Parts,
): given is CustomAggregate<never, unknown, unknown> => typeof given.create === 'function';

const noAggregate = (given: unknown): PlanError =>
  new PlanError(
    'SETTING_INVALID',
    `aggregate() was given ${given === null ? 'null' : typeof given}`,
    'Give { create, add, merge, finish }, or aggregates by name such as { n: count() }.',
  );
