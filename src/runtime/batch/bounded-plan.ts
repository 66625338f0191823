import { ConfigurationError } from '../../errors.ts';
import { MAX_TIME } from '../../time/watermark.ts';
import { lookupsOf } from '../../topology/lookup.ts';
import type { Plan } from '../../topology/plan.ts';
import { notionOf } from '../../topology/time-notion.ts';

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

/**
 * A line has no time of its own but what its event says: when it arrived is not known, and when it is
 * read says nothing about it.
 *
 * @throws ConfigurationError TIME_UNKNOWN
 */
export function checkTimes(plan: Plan): void {
  const source = plan.sources.find((one) => notionOf(one) !== 'event');
  if (source === undefined) return;
  throw new ConfigurationError(
    'TIME_UNKNOWN',
    `the stream ${source.name} goes by ${notionOf(source)} time, which lines of files do not have`,
    'Write the time into the lines, and build the plan for this run with a function of the event as timestamp.',
  );
}

/** @throws ConfigurationError LOOKUP_MISSING if the plan looks rows up in a table that is not given */
export function checkLookups(plan: Plan, given: Readonly<Record<string, unknown>> = {}): void {
  const missing = lookupsOf(plan).find((name) => given[name] === undefined);
  if (missing === undefined) return;
  throw new ConfigurationError(
    'LOOKUP_MISSING',
    `the plan looks rows up in ${missing}, and the run has no such table`,
    `Call runBatch with lookups: { '${missing}': ... }, such as a dynamoLookup of tidemark/aws; the command line cannot look rows up.`,
  );
}
