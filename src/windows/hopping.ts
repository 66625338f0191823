import { formatDuration } from '../time/duration.ts';
import { checkOffset, checkSize } from './checks.ts';
import type { WindowOptions } from './tumbling.ts';
import type { WindowKind } from './window.ts';

/**
 * Windows of one size that start every `advance`: they overlap, and every event is in about
 * size / advance of them. Starts are multiples of the advance, as in Flink and Kafka Streams, also
 * where it does not divide the size.
 */
export const HoppingWindow = {
  /**
   * `HoppingWindow.of(1, HOURS).every(5, MINUTES)`.
   *
   * @throws PlanError WINDOW_INVALID unless both are whole, positive numbers of ms, the advance at most the size
   */
  of(count: number, unitMs = 1) {
    const sizeMs = count * unitMs;
    checkSize('the size of a hopping window', sizeMs);
    return {
      every(advance: number, advanceUnitMs = 1, { offset = 0 }: WindowOptions = {}): WindowKind {
        const advanceMs = advance * advanceUnitMs;
        checkSize('the advance of a hopping window', advanceMs, sizeMs);
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
