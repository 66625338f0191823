import { DAYS, HOURS, MINUTES, SECONDS } from './duration.ts';
import { MAX_TIME } from './watermark.ts';

/**
 * An instant: ms since 1970, a Date, or ISO 8601 text with a zone (`2026-03-01T12:00:00.250Z`), of the
 * years -33,708 to 37,647.
 */
export type EventTimeLike = number | string | Date;

/**
 * Every event is nearer to 1970 than this, ms: how far an event lies from a slot is then always a number
 * that ByteWriter.signed holds.
 */
const REACH = 2 ** 50;
/** Nearer than this are also the ends of all windows, and everything else that follows from events. */
const BEYOND = MAX_TIME / 2;

/**
 * The instant in whole ms, or `undefined` where there is none: not a number, text without a zone
 * (what it means would depend on the machine), a day that its month does not have, a time out of reach.
 */
export function toEventTime(value: unknown): number | undefined {
  const time = Math.floor(toMs(value));
  return Math.abs(time) < REACH ? time : undefined;
}

/** True of a time, or a watermark, that no event can have: only the end of an input is there. */
export const isAfterAllEvents = (time: number): boolean => time >= BEYOND;

function toMs(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return parseUtc(value) ?? parseIso(value);
  return value instanceof Date ? value.getTime() : Number.NaN;
}

const ISO =
  /^(\d{4}|[+-]\d{6})-(\d{2})-(\d{2})T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

/** Date.parse knows no comma, and takes 30 February for 2 March. */
function parseIso(text: string): number {
  const [, year, month, day] = ISO.exec(text) ?? [];
  if (year === undefined || Number(day) > daysIn(Number(year), Number(month))) return Number.NaN;
  return Date.parse(text.replace(',', '.'));
}

/** In the proleptic Gregorian calendar. 0 if there is no such month. */
const daysIn = (year: number, month: number): number =>
  month === 2 && isLeap(year) ? 29 : (DAYS_OF_MONTHS[month - 1] ?? 0);

const DAYS_OF_MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** The minute of the text before, `YYYY-MM-DDTHH:MM:`, and when it began: the next one often has the same. */
let minute = 'none';
let minuteMs = 0;
const MINUTE_LENGTH = 17;

/**
 * `YYYY-MM-DDTHH:MM:SS[.mmm]Z`, the text that nearly all events carry, several times faster than
 * Date.parse. Anything else, or anything doubtful, is `undefined` and left to parseIso.
 */
function parseUtc(text: string): number | undefined {
  const short = text.length === 20;
  if (!short && text.length !== 24) return undefined;
  if (!text.startsWith(minute)) return parseMinute(text, short);
  const withinMs = msOfMinute(text, short);
  return withinMs === undefined ? undefined : minuteMs + withinMs;
}

function msOfMinute(text: string, short: boolean): number | undefined {
  const isDone = text.charCodeAt(text.length - 1) === Z && (short || text.charCodeAt(19) === DOT);
  const second = digits(text, MINUTE_LENGTH, 2);
  const ms = short ? 0 : digits(text, 20, 3);
  return isDone && second >= 0 && second < 60 && ms >= 0 ? second * SECONDS + ms : undefined;
}

function parseMinute(text: string, short: boolean): number | undefined {
  if (!hasUtcShape(text)) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const ofHour = digits(text, 14, 2);
  const withinMs = msOfMinute(text, short);
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 28)) return undefined;
  if (!(year >= 0 && hour >= 0 && hour < 24 && ofHour >= 0 && ofHour < 60)) return undefined;
  if (withinMs === undefined) return undefined;
  minute = text.slice(0, MINUTE_LENGTH);
  minuteMs = daysSince1970(year, month, day) * DAYS + hour * HOURS + ofHour * MINUTES;
  return minuteMs + withinMs;
}

const DASH = 45;
const DOT = 46;
const COLON = 58;
const T = 84;
const Z = 90;

const hasUtcShape = (text: string): boolean =>
  text.charCodeAt(10) === T &&
  text.charCodeAt(4) === DASH &&
  text.charCodeAt(7) === DASH &&
  text.charCodeAt(13) === COLON &&
  text.charCodeAt(16) === COLON;

/** Below zero if one of them is no digit. */
function digits(text: string, start: number, length: number): number {
  let value = 0;
  for (let i = start; i < start + length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Days in the proleptic Gregorian calendar, with years that begin in March so that leap days come last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
