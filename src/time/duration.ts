/** Durations are plain numbers of milliseconds: `5 * MINUTES` is 300000. */
export const MILLISECONDS = 1;
/** 1,000 ms. */
export const SECONDS = 1000;
/** 60,000 ms. */
export const MINUTES = 60 * SECONDS;
/** 3,600,000 ms. */
export const HOURS = 60 * MINUTES;
/** 86,400,000 ms: 24 hours, whatever a calendar says of summer time. */
export const DAYS = 24 * HOURS;

const UNITS = [
  ['d', DAYS],
  ['h', HOURS],
  ['m', MINUTES],
  ['s', SECONDS],
  ['ms', MILLISECONDS],
] as const;

/** A duration as people write it: `5m`, `1h30m`, `250ms`. */
export function formatDuration(durationMs: number): string {
  let rest = Math.abs(durationMs);
  let text = durationMs < 0 ? '-' : '';
  for (const [name, length] of UNITS) {
    const count = Math.floor(rest / length);
    if (count > 0) text += `${count}${name}`;
    rest -= count * length;
  }
  return text === '' || text === '-' ? '0ms' : text;
}
