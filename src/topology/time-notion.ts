import { PlanError } from '../errors.ts';
import type { Origin } from './draft.ts';
import type { SourcePlan } from './plan.ts';

/** What counts as the time of a stream's events. */
export type TimeNotion = 'event' | 'arrival' | 'processing';

export const notionOf = ({ timestamp }: Pick<SourcePlan, 'timestamp'>): TimeNotion =>
  typeof timestamp === 'function' ? 'event' : timestamp;

/**
 * The time of processing has no order with any other time: a stream that goes by it would make all
 * that happened before now late.
 *
 * @throws PlanError STAGE_INVALID
 */
export function checkOneNotion(name: string, before: readonly Origin[]): void {
  if (before.every(goesByProcessing) || !before.some(goesByProcessing)) return;
  throw new PlanError(
    'STAGE_INVALID',
    `${name} reads events by the time of their processing and others by another time`,
    "Give all streams of the stage timestamp: 'processing', or none; 'arrival' goes with event time.",
  );
}

/** What a stage tells has the time that its events have, and all of them have the same. */
function goesByProcessing(origin: Origin): boolean {
  if (origin.kind === 'stream') return notionOf(origin.source) === 'processing';
  return origin.draft.before.some(goesByProcessing);
}
