/** Times of one day, to keep the examples short: `at('12:01:00')` is an instant as events carry it. */
export const at = (time: string): string => `2026-03-01T${time}Z`;

/** An instant in ms as the time of that day: `12:01:00`. */
export const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
