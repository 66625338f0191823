import { formatDuration } from '../time/duration.ts';
import { checkAdvance, checkOffset, lengthOf } from './checks.ts';
import type { WindowOptions } from './tumbling.ts';
import type { WindowKind } from './window.ts';

const EXAMPLE = 'HoppingWindow.of(1, HOURS).every(5, MINUTES)';

/**
 * Windows of one size that start every `advance`: they overlap, and every event is in about
 * size / advance of them. Starts are multiples of the advance, as in Flink and Kafka Streams, also
 * where it does not divide the size.
 */
export const HoppingWindow = {
  /**
   * `HoppingWindow.of(1, HOURS).every(5, MINUTES)`.
   *
   * @throws PlanError WINDOW_INVALID unless both are whole, positive numbers of ms, the advance at most the
   * size, and at least a 10,000th of it: an event makes a result in each of its windows
   */
  of(count: number, unitMs = 1) {
    const sizeMs = lengthOf('the size of a hopping window', { count, unitMs, example: EXAMPLE });
    return {
      /** How often a window begins, in ms or in the unit that is named. */
      every(advance: number, advanceUnitMs = 1, { offset = 0 }: WindowOptions = {}): WindowKind {
        const given = { count: advance, unitMs: advanceUnitMs, example: EXAMPLE };
        const advanceMs = lengthOf('the advance of a hopping window', given);
        checkAdvance(advanceMs, sizeMs);
        checkOffset(offset, advanceMs);
        const offsetMs = (offset + advanceMs) % advanceMs;
        const shift = offsetMs === 0 ? '' : `-offset-${formatDuration(offsetMs)}`;
        const every = `${formatDuration(sizeMs)}-every-${formatDuration(advanceMs)}`;
        return Object.freeze({
          kind: 'aligned',
          sizeMs,
          advanceMs,
          offsetMs,
          name: `hopping-${every}${shift}`,
        });
      },
    };
  },
};
