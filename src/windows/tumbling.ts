import { PlanError } from '../errors.ts';
import { formatDuration } from '../time/duration.ts';
import { floorTo } from '../time/slot.ts';
import type { WindowAssigner } from './window.ts';

export interface TumblingOptions {
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
  of(count: number, unitMs = 1, options: TumblingOptions = {}): WindowAssigner {
    const sizeMs = count * unitMs;
    check(sizeMs, options.offset ?? 0);
    const offsetMs = ((options.offset ?? 0) + sizeMs) % sizeMs;
    const size = `tumbling-${formatDuration(sizeMs)}`;
    return Object.freeze({
      kind: 'tumbling',
      sizeMs,
      offsetMs,
      name: offsetMs === 0 ? size : `${size}-offset-${formatDuration(offsetMs)}`,
      endOf: (eventTime: number) => floorTo(eventTime - offsetMs, sizeMs) + offsetMs + sizeMs,
    } as const);
  },
};

const LONGEST_MS = 1_000 * 365 * 86_400_000;

function check(sizeMs: number, offsetMs: number): void {
  if (!Number.isSafeInteger(sizeMs) || sizeMs <= 0 || sizeMs > LONGEST_MS) {
    throw new PlanError(
      'WINDOW_INVALID',
      `the size of a tumbling window is ${sizeMs} ms`,
      'Give a positive whole number of ms, such as TumblingWindow.of(5, MINUTES).',
    );
  }
  if (!Number.isSafeInteger(offsetMs) || Math.abs(offsetMs) >= sizeMs) {
    throw new PlanError(
      'WINDOW_INVALID',
      `the offset of a tumbling window is ${offsetMs} ms, its size ${sizeMs} ms`,
      'Give an offset in whole ms that is shorter than the window.',
    );
  }
}
