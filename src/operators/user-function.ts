import { PlanError, UserFunctionError } from '../errors.ts';
import { checkFunctionOf } from './checks.ts';

/** A call of a function of the author. */
export interface Call {
  /** Of the function. */
  readonly name: string;
  /** Whose slot fires; `undefined`: none does, the author's own program asks, or it is not known. */
  readonly stage: string | undefined;
  /** Of the event or timer that it is called for, ms; `undefined`: it is called for many. */
  readonly time?: number;
}

/** One that is called for one event or timer. */
export interface TimedCall extends Call {
  readonly time: number;
}

/**
 * What the function gives.
 *
 * @throws UserFunctionError with stage and time, without key and event: errors go to logs
 */
export function calling<T>(call: Call, run: () => T): T {
  try {
    const result = run();
    if (isPromise(result)) throw new TypeError('it is asynchronous, and a slot cannot wait');
    return result;
  } catch (cause) {
    if (cause instanceof UserFunctionError) throw cause;
    throw failed(call, `threw ${cause instanceof Error ? cause.name : 'no Error'}`, cause);
  }
}

/** What a function gives; `undefined` if it throws, where that is no news, or is told elsewhere. */
export function unlessRefused<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/** For what a function did that it must not. */
export function failed(
  { name, stage, time }: Call,
  what: string,
  cause?: unknown,
): UserFunctionError {
  const whose = stage === undefined ? name : `${name} of stage ${stage}`;
  const hint = stage === undefined ? FIX : `${DEPLOY} ${BEFORE}`;
  const when = time === undefined ? '' : ` at ${new Date(time).toISOString()}`;
  return new UserFunctionError(`${whose} ${what}${when}`, { hint, cause, stage });
}

/** What a firing failed on, with the stage where the function does not know of which it is. */
export function inStage(error: unknown, stage: string): unknown {
  if (!(error instanceof UserFunctionError) || error.stage !== undefined) return error;
  const { message, cause } = error;
  const hint = `${DEPLOY} ${BEFORE}`;
  return new UserFunctionError(`${message} in stage ${stage}`, { hint, cause, stage });
}

const FIX = 'Correct the function; the cause is what it threw.';
const DEPLOY = 'Nothing is lost: the bucket goes on when a corrected function is deployed.';
const BEFORE = 'What may fail for an event belongs before keyBy(), where it makes a dead letter.';

/** @throws PlanError SETTING_INVALID unless it is a function that answers at once */
export function checkSynchronous(what: string, value: unknown, example?: string): void {
  checkFunctionOf(what, value, example);
  const kind = Object.prototype.toString.call(value);
  if (kind === '[object Function]') return;
  throw new PlanError(
    'SETTING_INVALID',
    `${what} is asynchronous or a generator`,
    'Give a plain function; calls to elsewhere belong to whoever reads the results.',
  );
}

function isPromise(result: unknown): boolean {
  if (typeof result !== 'object' || result === null || !('then' in result)) return false;
  // What it says comes too late, and must not end the process.
  Promise.resolve(result).catch(() => undefined);
  return true;
}
