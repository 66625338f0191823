import { PlanError } from '../errors.ts';
import { isPlan } from './plan.ts';

/**
 * What is described, tested, run or deployed is a plan.
 *
 * @throws PlanError PLAN_INVALID for anything else, such as a stream that ends in no sink
 */
export function checkPlan(who: string, given: unknown): void {
  if (isPlan(given)) return;
  throw new PlanError(
    'PLAN_INVALID',
    `${who} was not given a plan`,
    'Give what to() or combine() returns; a stream becomes a plan when it ends in a sink.',
  );
}
