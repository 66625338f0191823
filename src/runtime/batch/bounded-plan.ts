import { MAX_TIME } from '../../time/watermark.ts';
import type { Plan } from '../../topology/plan.ts';

/** Whether events can be late: never, or as they would have been in order of arrival. */
export type Mode = 'batch' | 'arrival';

/** Longer than there is time: nothing is ever too far behind the newest event, or too far ahead. */
const NO_BOUND = 2 * MAX_TIME;

/**
 * The plan as a bounded input needs it; the engine stays as it is.
 *
 * - At the end of the input nothing can come any more: a promise that is kept without delay.
 * - When a line arrived is not known, so no event is from the future.
 * - There is nobody to wait for at a bad record: see `letterSink`.
 * - In mode `batch` any disorder is in order.
 */
export function boundedPlan(plan: Plan, mode: Mode): Plan {
  const sources = plan.sources.map((source) => ({
    ...source,
    maxDelayMs: 0,
    maxFutureSkewMs: NO_BOUND,
    onBadRecord: 'deadLetter' as const,
    outOfOrdernessMs: mode === 'batch' ? NO_BOUND : source.outOfOrdernessMs,
  }));
  return { ...plan, sources };
}
