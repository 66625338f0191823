import type { Aggregate } from './aggregate.ts';
import type { HeldOptions } from './distinct.ts';
import type { Entry } from './entries.ts';
import { ordered } from './ordered.ts';

/**
 * The values of all events in event-time order; of equal times in the order of the log. A value is what
 * JSON can hold; it is kept as text, with some 5 to 20 bytes for its place, until the window closes:
 * 10,000 values a window unless `max` says otherwise.
 *
 * @throws PlanError SETTING_INVALID
 */
export function collect<In, V = In>(
  of: (event: In) => V = asItIs,
  { max }: HeldOptions = {},
): Aggregate<In, Entry[], readonly V[]> {
  return ordered('collect', { of, max, result: (values: readonly V[]) => values });
}

const asItIs = <In, V>(event: In): V => event as unknown as V;
