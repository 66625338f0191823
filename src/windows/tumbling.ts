import { formatDuration } from '../time/duration.ts';
import { checkOffset, lengthOf } from './checks.ts';
import type { WindowKind } from './window.ts';

/** Where windows begin. */
export interface WindowOptions {
  /** Shifts all window starts, ms: `-8 * HOURS` with windows of a day gives days in UTC+8. Default 0. */
  readonly offset?: number;
}

/**
 * Windows of one size, side by side: every event is in exactly one. They are aligned to 1970-01-01
 * UTC, as in Flink and Kafka Streams: with a size of 5 minutes one starts at 12:00, the next at 12:05.
 */
export const TumblingWindow = {
  /**
   * `TumblingWindow.of(5, MINUTES)`, or `TumblingWindow.of(300_000)`.
   *
   * @throws PlanError WINDOW_INVALID unless the size is a whole, positive number of ms
   */
  of(count: number, unitMs = 1, { offset = 0 }: WindowOptions = {}): WindowKind {
    const example = 'TumblingWindow.of(5, MINUTES)';
    const sizeMs = lengthOf('the size of a tumbling window', { count, unitMs, example });
    checkOffset(offset, sizeMs);
    const offsetMs = (offset + sizeMs) % sizeMs;
    const shift = offsetMs === 0 ? '' : `-offset-${formatDuration(offsetMs)}`;
    const name = `tumbling-${formatDuration(sizeMs)}${shift}`;
    return Object.freeze({ kind: 'aligned', sizeMs, advanceMs: sizeMs, offsetMs, name });
  },
};
