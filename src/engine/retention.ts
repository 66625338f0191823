import { DAYS, SECONDS } from '../time/duration.ts';
import type { StageContext } from './ports.ts';

/**
 * How long what has served its purpose is kept. Expiry only frees space, visibility never depends on
 * it, so it lies far beyond the log's retention (a day by default, Kinesis developer guide).
 */
const KEPT_MS = 30 * DAYS;

/** When a segment may go: long after the slot that still needs it, and after it was written. */
export const segmentExpiry = (context: StageContext, lastSlot: number): number =>
  inSeconds(Math.max(context.clock(), lastSlot) + KEPT_MS);

/** When the record of aborted attempts may go: after all segments that they can have written. */
export function abortedExpiry({ clock, stage, sources }: StageContext): number {
  const skews = [...sources.values()].map(({ maxFutureSkewMs }) => maxFutureSkewMs);
  return inSeconds(clock() + Math.max(0, ...skews) + stage.operator.reachMs + 2 * KEPT_MS);
}

/** The `expires` attribute: whole seconds, as DynamoDB's time to live asks. */
const inSeconds = (time: number): number => Math.ceil(time / SECONDS);
