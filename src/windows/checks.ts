import { PlanError } from '../errors.ts';

const LONGEST_MS = 1_000 * 365 * 86_400_000;

/** A length as its author wrote it: so many of a unit. */
export interface Length {
  readonly count: number;
  readonly unitMs: number;
  /** How to write one, for whoever wrote something else. */
  readonly example: string;
}

/** In ms. @throws PlanError WINDOW_INVALID */
export function lengthOf(what: string, { count, unitMs, example }: Length): number {
  const ms = count * unitMs;
  const isWritten = typeof count === 'number' && typeof unitMs === 'number';
  if (isWritten && Number.isSafeInteger(ms) && ms > 0 && ms <= LONGEST_MS) return ms;
  const whole = isWritten ? `${ms} ms` : [count, unitMs].filter((part) => part !== 1).map(shown);
  throw new PlanError(
    'WINDOW_INVALID',
    `${what} is ${String(whole)}`,
    `Give a positive whole number of ms, such as ${example}.`,
  );
}

const shown = (part: unknown): string =>
  typeof part === 'number' ? String(part) : (JSON.stringify(part) ?? typeof part);

export function checkOffset(offsetMs: number, periodMs: number): void {
  if (Number.isSafeInteger(offsetMs) && Math.abs(offsetMs) < periodMs) return;
  throw new PlanError(
    'WINDOW_INVALID',
    `the offset of windows that come every ${periodMs} ms is ${offsetMs} ms`,
    'Give an offset in whole ms that is shorter than that.',
  );
}

/** Each event makes a result in every window that it is in. */
const WINDOWS_MAX = 10_000;

/** @throws PlanError WINDOW_INVALID */
export function checkAdvance(advanceMs: number, sizeMs: number): void {
  if (advanceMs > sizeMs) {
    throw new PlanError(
      'WINDOW_INVALID',
      `the advance of a hopping window is ${advanceMs} ms, its size ${sizeMs} ms`,
      'Give an advance that is at most the size: between the windows events would be in none.',
    );
  }
  const windows = Math.ceil(sizeMs / advanceMs);
  if (windows <= WINDOWS_MAX) return;
  throw new PlanError(
    'WINDOW_INVALID',
    `each event would be in ${windows} windows of ${sizeMs} ms, one every ${advanceMs} ms`,
    `Let them advance by ${Math.ceil(sizeMs / WINDOWS_MAX)} ms or more, or take SlidingWindow.of(...): one window at each event.`,
  );
}
