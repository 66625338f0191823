import { TidemarkError } from '../errors.ts';
import { loggedError } from './logged-error.ts';
import type { LogFields, Logger, LogLevel } from './logger.ts';
import type { Observation, Observer } from './observer.ts';

/**
 * Makes log lines of what is observed, with the lane, epoch, slot and bucket that it is about: `debug`
 * for what is frequent, `info` for what is rare, `warn` for what comes again or waits, `error` for what
 * somebody has to look at. Figures alone make no line.
 */
export const logObserver =
  (logger: Logger, common: LogFields): Observer =>
  (seen) => {
    const line = lineOf(seen);
    if (line === undefined) return;
    const [level, message, fields] = line;
    logger[level](message, { ...common, stage: seen.stage, ...fields });
  };

type Line = readonly [level: LogLevel, message: string, fields: LogFields];

function lineOf(seen: Observation): Line | undefined {
  switch (seen.kind) {
    case 'gathered': {
      const { kind, stage, slots, deadLetters, ...fields } = seen;
      const level = deadLetters > 0 ? 'warn' : 'debug';
      const message = deadLetters > 0 ? 'records set aside' : 'batch gathered';
      return [level, message, { ...fields, deadLetters, ...ofSlots(slots) }];
    }
    case 'fired': {
      const { kind, stage, slots, through, deadLetters, ...fields } = seen;
      const level = deadLetters > 0 ? 'warn' : 'debug';
      const message = deadLetters > 0 ? 'results set aside' : 'bucket fired';
      return [level, message, { ...fields, deadLetters, slot: through, slots: slots.length }];
    }
    case 'advanced':
      return ['debug', 'slots closed', { slot: seen.target }];
    case 'ticked':
      return ['debug', 'stage looked after', { lagging: seen.lagging, ...seen.lanes }];
    case 'refused':
      return ['debug', 'write refused', { item: seen.item }];
    case 'spent':
    case 'took':
      return undefined;
    default:
      return rareLine(seen);
  }
}

type Frequent = 'gathered' | 'fired' | 'advanced' | 'ticked' | 'refused' | 'spent' | 'took';

function rareLine(seen: Exclude<Observation, { kind: Frequent }>): Line {
  const { kind, stage, ...fields } = seen;
  switch (seen.kind) {
    case 'raised':
      return ['debug', 'idle lane raised', fields];
    case 'ended':
      return ['info', 'lane ended', fields];
    case 'aborted':
      return ['warn', 'attempts aborted', fields];
    case 'fenced':
      return ['warn', 'attempt overtaken', fields];
    case 'stopped':
      return ['warn', 'lane waits at a record', fields];
    case 'undone': {
      const { lane, error } = seen;
      const level = error instanceof TidemarkError && error.retryable ? 'warn' : 'error';
      return [level, 'batch comes again', { lane, error: loggedError(error) }];
    }
    case 'failed': {
      const { bucket, what, error } = seen;
      return ['error', `${what} failed`, { bucket, error: loggedError(error) }];
    }
  }
}

/** How many, and the newest. */
const ofSlots = (slots: readonly number[]): LogFields => ({
  slots: slots.length,
  ...(slots.length > 0 && { slot: slots.at(-1) }),
});
