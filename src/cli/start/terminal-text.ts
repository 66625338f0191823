/** Keys come from events: nothing in them may steer the terminal or turn the text around. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');

/** The text cut to a number of columns, with an ellipsis where something is missing. */
export function clip(text: string, columns: number): string {
  let used = 0;
  let kept = '';
  for (const character of text) {
    used += columnsOf(character);
    if (used > columns) return `${trimmedBy(kept, columns - 1)}…`;
    kept += character;
  }
  return kept;
}

function trimmedBy(text: string, columns: number): string {
  let used = 0;
  let kept = '';
  for (const character of text) {
    used += columnsOf(character);
    if (used > columns) break;
    kept += character;
  }
  return kept;
}

/** East Asian and pictographic characters take two columns, combining marks none. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

function columnsOf(character: string): number {
  if (character < '\u0300') return 1;
  if (/\p{M}/u.test(character)) return 0;
  return WIDE.test(character) || (character.codePointAt(0) ?? 0) >= 0x20000 ? 2 : 1;
}

/** 12,345: grouped as English does, whatever the machine's language. */
export const grouped = (value: number): string =>
  String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

const DATE_LIMIT = 8.64e15;

/** `2026-03-01 12:00:00` in UTC; a watermark that promises nothing, or everything, in a word. */
export function instantText(time: number): string {
  if (time <= -DATE_LIMIT) return 'none yet';
  if (time >= DATE_LIMIT) return 'the end';
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}

/** `2026-03-01 12:00–12:05` in UTC, with seconds where they matter. */
export function windowText({ windowStart, windowEnd }: { windowStart: number; windowEnd: number }) {
  const digits = windowStart % 60_000 === 0 && windowEnd % 60_000 === 0 ? 16 : 19;
  const [start, end] = [windowStart, windowEnd].map((time) => instantText(time).slice(0, digits));
  const isSameDay = start?.slice(0, 10) === end?.slice(0, 10);
  return `${start}–${isSameDay ? end?.slice(11) : end}`;
}
