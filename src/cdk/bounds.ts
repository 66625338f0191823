import { type Duration, Token } from 'aws-cdk-lib/core';
import { ConfigurationError, type ConfigurationErrorCode } from '../errors.ts';

/** The least and the greatest that a setting may be. */
export type Bounds = readonly [least: number, most: number];

/**
 * A setting that is a whole number within bounds, or left out, or decided on deployment.
 *
 * @throws ConfigurationError with the code
 */
export function checkWhole(
  code: ConfigurationErrorCode,
  what: string,
  value: number | undefined,
  [least, most]: Bounds,
): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new ConfigurationError(
    code,
    `${what} is ${String(value)}`,
    most === Number.MAX_SAFE_INTEGER
      ? `Give a whole number of at least ${least}.`
      : `Give a whole number from ${least} to ${most}.`,
  );
}

/** The same of a duration, in seconds. @throws ConfigurationError with the code */
export function checkSeconds(
  code: ConfigurationErrorCode,
  what: string,
  value: Duration | undefined,
  [least, most]: Bounds,
): void {
  if (value === undefined || value.isUnresolved()) return;
  const seconds = value.toMilliseconds() / 1_000;
  if (Number.isSafeInteger(seconds) && seconds >= least && seconds <= most) return;
  throw new ConfigurationError(
    code,
    `${what} is ${seconds} seconds`,
    `Give whole seconds from ${least} to ${most}, such as Duration.seconds(${Math.max(1, least)}).`,
  );
}
