import { InvalidArgumentError } from 'commander';
import type { StartAt } from '../../runtime/local/shard-reader.ts';
import { parseDuration } from '../start/duration.ts';
import { parseSize } from './size.ts';

const SIZE_MIN = 1024 ** 2;

/** `64MB`, in bytes. */
export function size(text: string): number {
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes >= SIZE_MIN) return bytes;
  throw new InvalidArgumentError('It takes a size of at least 1MB, such as 64MB or 2GB.');
}

/** A whole number of at least 1. */
export function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It takes a whole number of at least 1.');
}

/** `30s`, in ms; at least 1. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && Number.isInteger(ms) && ms > 0) return ms;
  throw new InvalidArgumentError('It takes a duration such as 30s, 5m or 1h.');
}

/** `0.1`, from 0 to 100. */
export function percent(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 100) return value;
  throw new InvalidArgumentError('It takes a number from 0 to 100, such as 0.1.');
}

/** `2026-03-01T12:00:00Z`, or `15m` for so long ago, in ms. */
export function time(text: string): number {
  const at = timeOf(text);
  if (at !== undefined) return at;
  throw new InvalidArgumentError(`It takes ${A_TIME}.`);
}

/** `latest`, `trim-horizon`, or a time. */
export function start(text: string): StartAt {
  if (text === 'latest') return 'LATEST';
  if (text === 'trim-horizon') return 'TRIM_HORIZON';
  const atTimestamp = timeOf(text);
  if (atTimestamp !== undefined) return { atTimestamp };
  throw new InvalidArgumentError(`It takes latest, trim-horizon, or ${A_TIME}.`);
}

const A_TIME = 'a time such as 2026-03-01T12:00:00Z, or 15m for so long ago';

const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

export function timeOf(text: string): number | undefined {
  const agoMs = parseDuration(text);
  if (agoMs !== undefined) return Date.now() - agoMs;
  const at = ISO.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
