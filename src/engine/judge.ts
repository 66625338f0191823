import { firstOpen, isClosed, slotCovering } from '../time/slot.ts';
import type { StagePlan } from '../topology/plan.ts';

/**
 * The slot that an event is filed under, or `undefined` if it is late: if the last slot in which it
 * can still matter is closed at the watermark of its own lane just before it. Being behind the
 * watermark alone is not late. This is a function of the log, whatever the batches, so every replay
 * judges alike.
 */
export function fileUnder(
  { operator, resolutionMs }: StagePlan,
  eventTime: number,
  watermark: number,
  side: number,
): number | undefined {
  if (isClosed(slotCovering(operator.lastLook(eventTime, side), resolutionMs), watermark))
    return undefined;
  const natural = slotCovering(operator.firstLook(eventTime, side), resolutionMs);
  return isClosed(natural, watermark) ? firstOpen(watermark, resolutionMs) : natural;
}

/** Whether an event that is filed under this slot would be filed under an earlier one, had it come before. */
export const cameLate = (
  { operator, resolutionMs }: StagePlan,
  eventTime: number,
  slot: number,
  side: number,
): boolean => slot > slotCovering(operator.firstLook(eventTime, side), resolutionMs);
