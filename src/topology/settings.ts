import { PlanError } from '../errors.ts';

/**
 * Checks of what an author writes; each refuses with a PlanError that says what to write instead.
 */
export function checkName(what: string, name: string): void {
  if (typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(name)) return;
  throw new PlanError(
    'NAME_INVALID',
    `${what} is named ${JSON.stringify(name)}`,
    'Use 1 to 100 letters, digits, dots, hyphens and underscores, beginning with a letter or digit.',
  );
}

/** DynamoDB's rule for table names (API reference, CreateTable). */
export function checkTableName(name: string): void {
  if (typeof name === 'string' && /^[A-Za-z0-9_.-]{3,255}$/.test(name)) return;
  throw new PlanError(
    'SINK_INVALID',
    `a table is named ${JSON.stringify(name)}`,
    'Use 3 to 255 letters, digits, dots, hyphens and underscores, as DynamoDB asks.',
  );
}

export function checkDuration(what: string, valueMs: number, leastMs: number): void {
  if (Number.isSafeInteger(valueMs) && valueMs >= leastMs) return;
  throw new PlanError(
    'DURATION_INVALID',
    `${what} is ${given(valueMs)}`,
    `Give a whole number of ms of at least ${leastMs}, such as 30 * SECONDS.`,
  );
}

/** A duration as its author wrote it. */
export const given = (ms: unknown): string =>
  typeof ms === 'number' ? `${ms} ms` : JSON.stringify(ms);

export function checkCount(what: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new PlanError(
    'SETTING_INVALID',
    `${what} is ${String(value)}`,
    `Give a whole number from ${least} to ${most}.`,
  );
}

export function checkFunction(what: string, value: unknown, of = 'event'): void {
  if (typeof value === 'function') return;
  throw new PlanError('SETTING_INVALID', `${what} is no function`, `Give a function of the ${of}.`);
}
