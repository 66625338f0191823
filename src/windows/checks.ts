import { PlanError } from '../errors.ts';

const LONGEST_MS = 1_000 * 365 * 86_400_000;

export function checkSize(what: string, sizeMs: number, mostMs = LONGEST_MS): void {
  if (Number.isSafeInteger(sizeMs) && sizeMs > 0 && sizeMs <= mostMs) return;
  throw new PlanError(
    'WINDOW_INVALID',
    `${what} is ${sizeMs} ms`,
    mostMs === LONGEST_MS
      ? 'Give a positive whole number of ms, such as TumblingWindow.of(5, MINUTES).'
      : `Give a positive whole number of ms, at most the size of ${mostMs} ms.`,
  );
}

export function checkOffset(offsetMs: number, periodMs: number): void {
  if (Number.isSafeInteger(offsetMs) && Math.abs(offsetMs) < periodMs) return;
  throw new PlanError(
    'WINDOW_INVALID',
    `the offset of windows that come every ${periodMs} ms is ${offsetMs} ms`,
    'Give an offset in whole ms that is shorter than that.',
  );
}
