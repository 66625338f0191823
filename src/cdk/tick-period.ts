import { Duration } from 'aws-cdk-lib/core';
import { ConfigurationError } from '../errors.ts';

/** Rarer than this, and nobody would learn within hours that something waits. */
const TICK_MAX = Duration.hours(1);
const MINUTE_MS = 60_000;
/** A tick each minute leaves the alarms at the five minutes of all others. */
const LEAST_MINUTES = 5;

/**
 * The period of an alarm on what only ticks tell: two ticks fall into it, so that one that comes a
 * moment late leaves no gap. At most two hours, of which CloudWatch takes up to seven days in a row.
 *
 * @throws ConfigurationError SCHEDULE_INVALID if ticks come less than once an hour
 */
export function tickPeriod(every: Duration): Duration {
  checkNotTooRare(every);
  const minutes = Math.ceil((2 * every.toMilliseconds()) / MINUTE_MS);
  return Duration.minutes(Math.max(LEAST_MINUTES, minutes));
}

/**
 * Something that a schedule can be told, and alarms can watch.
 *
 * @throws ConfigurationError SCHEDULE_INVALID unless it is whole minutes, an hour at most
 */
export function checkTickEvery(every: Duration): void {
  const minutes = every.toMilliseconds() / MINUTE_MS;
  if (!Number.isInteger(minutes) || minutes < 1) {
    throw invalid(
      every,
      'Give whole minutes, such as Duration.minutes(1): a schedule knows nothing shorter.',
    );
  }
  checkNotTooRare(every);
}

function checkNotTooRare(every: Duration): void {
  if (every.toMilliseconds() <= TICK_MAX.toMilliseconds()) return;
  throw invalid(
    every,
    'Give an hour at most, such as Duration.minutes(1): what waits for a tick and the alarms that watch it would take too long.',
  );
}

const invalid = (every: Duration, hint: string): ConfigurationError =>
  new ConfigurationError(
    'SCHEDULE_INVALID',
    `the pipeline is to tick every ${every.toMilliseconds()} ms`,
    hint,
  );
