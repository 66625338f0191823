/**
 * A watermark of w promises: no event with a timestamp at or before w is still on time in this lane.
 * Both bounds are the ends of what a Date can hold, so that arithmetic on them stays exact.
 */
export const MIN_TIME = -8_640_000_000_000_000;
/** No event can come any more. */
export const MAX_TIME = 8_640_000_000_000_000;

/** The watermark after an event: it follows the greatest timestamp at a distance, and never goes back. */
export function watermarkAfter(
  watermark: number,
  eventTime: number,
  outOfOrdernessMs: number,
): number {
  return Math.max(watermark, eventTime - outOfOrdernessMs - 1);
}
