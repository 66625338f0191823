import { formatDuration } from '../time/duration.ts';
import { type Length, lengthOf } from './checks.ts';
import type { WindowKind } from './window.ts';

/**
 * Windows that lie around events instead of on a grid, both ends included. Results come when the
 * watermark has reached the end of the window; `windowEnd` is one ms after it.
 */
export const SlidingWindow = {
  /**
   * For each event, the events of its key up to this much before it: `SlidingWindow.of(5, MINUTES)` is
   * "the last five minutes, at each event". As SQL's `RANGE ... PRECEDING`.
   *
   * @throws PlanError WINDOW_INVALID unless it is a whole, positive number of ms
   */
  of(count: number, unitMs = 1): WindowKind {
    const example = 'SlidingWindow.of(5, MINUTES)';
    return slidingWindow('lookBack', 'look-back', { count, unitMs, example });
  },

  /**
   * Every different set of events that lie within this much of one another, as the SlidingWindows of
   * Kafka Streams: the windows that end at an event, and those that begin right after one.
   *
   * @throws PlanError WINDOW_INVALID unless it is a whole, positive number of ms
   */
  ofTimeDifference(count: number, unitMs = 1): WindowKind {
    const example = 'SlidingWindow.ofTimeDifference(5, MINUTES)';
    return slidingWindow('around', 'sliding', { count, unitMs, example });
  },
};

function slidingWindow(which: 'lookBack' | 'around', word: string, span: Length): WindowKind {
  const spanMs = lengthOf('the span of a sliding window', span);
  return Object.freeze({
    kind: 'perEvent',
    which,
    spanMs,
    name: `${word}-${formatDuration(spanMs)}`,
  });
}
