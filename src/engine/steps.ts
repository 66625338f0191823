import { UserFunctionError } from '../errors.ts';
import { invariant } from '../invariant.ts';
import { atOnce } from '../topology/at-once.ts';
import type { Step } from '../topology/plan.ts';
import type { Rows } from './rows.ts';

/** Where steps stand, and what they look rows up in: nothing but what is gathered does that. */
export interface Way {
  readonly rows?: Rows;
  readonly from?: number;
}

/** From the first step, with nothing to look up. */
const PLAIN: Way = {};

/** Hands on what the stateless operators make of an event: nothing, one, or several. */
export function applySteps(
  steps: readonly Step[],
  input: unknown,
  take: (event: unknown) => void,
  { rows, from = 0 }: Way = PLAIN,
): void {
  let event = input;
  for (let i = from; i < steps.length; i++) {
    const step = steps[i] as Step;
    const result = atOnce(step.apply(event as never));
    if (step.kind === 'map') event = result;
    else if (step.kind === 'filter') {
      if (!result) return;
    } else if (step.kind === 'flatMap') {
      for (const one of result as Iterable<unknown>) {
        applySteps(steps, one, take, { ...(rows && { rows }), from: i + 1 });
      }
      return;
    } else if (step.kind === 'lookup') {
      const { lookup } = step;
      invariant(rows, 'rows are looked up while events are gathered');
      const found = rows.find(lookup, result);
      if (found === undefined || (lookup.required && found.row === undefined)) return;
      event = { event, row: found.row };
    }
  }
  take(event);
}

export function describeError(error: unknown): string {
  if (error instanceof UserFunctionError && error.cause !== undefined) {
    return describeError(error.cause);
  }
  return error instanceof Error ? `${error.name}: ${error.message}` : 'something that is no Error';
}
