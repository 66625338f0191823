/** 12,345: grouped as English does, whatever the language of the browser. @param {number} value */
export const grouped = (value) => Math.round(value).toLocaleString('en-US');

/** 12.3 k for what must be short. @param {number} value */
export function short(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${trimmed(value / 1e6)} M`;
  if (size >= 1e4) return `${trimmed(value / 1e3)} k`;
  return size >= 100 ? String(Math.round(value)) : trimmed(value);
}

/** At most three digits that say something. @param {number} value */
const trimmed = (value) => String(Number(value.toPrecision(3)));

/** `12:05:30` in UTC. @param {number} time ms */
export const clock = (time) => new Date(time).toISOString().slice(11, 19);

/** `12:05` where seconds say nothing. @param {number} time ms */
export const minute = (time) => {
  const text = clock(time);
  return text.endsWith(':00') ? text.slice(0, 5) : text;
};

/** `2026-03-01 12:05:30` in UTC. @param {number} time ms */
export const instant = (time) => new Date(time).toISOString().slice(0, 19).replace('T', ' ');

/** `1 min 5 s`. @param {number} ms */
export function duration(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
