import { BadRecordError, LimitError, PlanError } from '../errors.ts';

/** Of a setting. @throws PlanError SETTING_INVALID */
export function checkWhole(what: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new PlanError(
    'SETTING_INVALID',
    `${what} is ${String(value)}`,
    `Give a whole number from ${least} to ${most}.`,
  );
}

/** Of a setting that lies between two bounds, themselves not included. @throws PlanError SETTING_INVALID */
export function checkBetween(what: string, value: number, low: number, high: number): void {
  if (typeof value === 'number' && value > low && value < high) return;
  throw new PlanError(
    'SETTING_INVALID',
    `${what} is ${String(value)}`,
    `Give a number above ${low} and below ${high}.`,
  );
}

/** Of a function of the author. @throws PlanError SETTING_INVALID */
export function checkFunctionOf(
  what: string,
  value: unknown,
  hint = 'Give a function of the event.',
): void {
  if (typeof value === 'function') return;
  throw new PlanError('SETTING_INVALID', `${what} is no function`, hint);
}

/** Of an event. @throws BadRecordError */
export function finite(value: number, name: string): number {
  if (Number.isFinite(value)) return value;
  throw new BadRecordError(`a value to take the ${name} of is not a finite number`);
}

/** Of a finished window: never while adding or merging, where the cut of batches would decide. */
export function checkLimit(what: string, held: number, max: number, instead: string): void {
  if (held <= max) return;
  throw new LimitError(`a window has ${held} ${what}, ${max} are allowed`, {
    hint: `Raise max, which keeps what is stored; ${instead}.`,
  });
}

/** How many values a window may hold, unless the author names another number. */
export const MAX_HELD = 10_000;
/** The greatest limit that can be named. */
export const MAX_LIMIT = 100_000_000;
