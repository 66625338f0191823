import { TestDriverError } from '../errors.ts';
import { type EventTimeLike, toEventTime } from '../time/event-time.ts';

/** Wall time as a test sees it. It stands still unless it is moved. */
export interface DriverClock {
  /** ms. */
  now(): number;
  /** Moves it on, ms. */
  advance(ms: number): void;
}

export interface VirtualClock extends DriverClock {
  /** An event has arrived that happened then. */
  follow(eventTime: number | undefined): void;
}

/** A clock that only the test moves; or, without a time to start from, one that follows the events. */
export function virtualClock(start: EventTimeLike | undefined): VirtualClock {
  let now = start === undefined ? 0 : instant(start);
  return {
    now: () => now,
    advance(ms) {
      if (!(ms >= 0)) throw invalid(`the clock cannot be advanced by ${ms} ms`);
      now += ms;
    },
    follow(eventTime) {
      if (start === undefined && eventTime !== undefined) now = Math.max(now, eventTime);
    },
  };
}

/** @throws TestDriverError TIME_INVALID unless it is an instant */
export function instant(time: EventTimeLike): number {
  const ms = toEventTime(time);
  if (ms === undefined) throw invalid(`${JSON.stringify(time)} is no instant`);
  return ms;
}

const invalid = (message: string): TestDriverError =>
  new TestDriverError(
    'TIME_INVALID',
    message,
    'Give ms, a Date or ISO 8601 text with a zone; end() closes everything.',
  );
