import { formatDuration, MINUTES, SECONDS } from '../../time/duration.ts';
import { MAX_TIME, MIN_TIME } from '../../time/watermark.ts';

/** For programs: ms, or null where nothing is promised yet. */
export const timeJson = (time: number | undefined): number | null =>
  time === undefined || time <= MIN_TIME ? null : time;

/** `2026-03-01T12:00:00.000Z`; a watermark that promises nothing, or everything, in a word. */
export function timeText(time: number | undefined): string {
  if (time === undefined) return '-';
  if (time <= MIN_TIME) return 'none yet';
  if (time >= MAX_TIME) return 'the end';
  return new Date(time).toISOString();
}

/** `3m20s ago`: whole seconds, and whole minutes from an hour on. */
export function agoText(time: number | undefined, now: number): string {
  if (time === undefined) return '-';
  const age = Math.max(0, now - time);
  const step = age < 60 * MINUTES ? SECONDS : MINUTES;
  return `${formatDuration(Math.floor(age / step) * step).replace(/^0ms$/, '0s')} ago`;
}
