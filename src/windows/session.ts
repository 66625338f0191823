import { formatDuration } from '../time/duration.ts';
import { lengthOf } from './checks.ts';
import type { WindowKind } from './window.ts';

/**
 * Windows of activity: events of a key belong together while no gap between two of them is longer
 * than this. Two events exactly a gap apart are in one session, as in Kafka Streams and Flink. A
 * session ends a gap after its last event.
 */
export const SessionWindow = {
  /**
   * `SessionWindow.withGap(30, MINUTES)`.
   *
   * @throws PlanError WINDOW_INVALID unless the gap is a whole, positive number of ms
   */
  withGap(count: number, unitMs = 1): WindowKind {
    const example = 'SessionWindow.withGap(30, MINUTES)';
    const gapMs = lengthOf('the gap of a session window', { count, unitMs, example });
    return Object.freeze({ kind: 'session', gapMs, name: `session-${formatDuration(gapMs)}` });
  },
};
