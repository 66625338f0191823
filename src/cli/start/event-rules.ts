import type { KeyField } from './input.ts';

/** What a plain reader knows about the pipeline. All durations in ms. */
export interface RecountRules {
  readonly keyField: KeyField;
  readonly filterAction: string;
  readonly windowMs: number;
  readonly outOfOrdernessMs: number;
  readonly maxFutureSkewMs: number;
}

/** One record as the stream holds it. */
export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly data: Uint8Array;
  /** ms. */
  readonly arrivalTime: number;
}

/** Why a record can be in no result; the words of the dead letters. */
export type DeadReason = 'NOT_JSON' | 'SCHEMA' | 'TIMESTAMP' | 'FUTURE' | 'KEY';

/** A record read without the help of the engine: an event with its time, or why it is none. */
export type ReadRecord =
  | {
      readonly kind: 'event';
      readonly eventTime: number;
      readonly action: string;
      readonly key: string;
    }
  | { readonly kind: 'dead'; readonly reason: DeadReason };

const KEY_BYTES_MAX = 1_024;

/** Reads a record by the rules that are written down: JSON, then the fields, then the time. */
export function readRecord(record: StreamRecord, rules: RecountRules): ReadRecord {
  const value = jsonOf(record.data);
  if (value === undefined) return dead('NOT_JSON');
  if (typeof value !== 'object' || value === null) return dead('SCHEMA');
  const fields = value as Readonly<Record<string, unknown>>;
  const { timestamp, action, [rules.keyField]: key } = fields;
  if (typeof action !== 'string' || typeof key !== 'string') return dead('SCHEMA');
  if (!isTimestamp(timestamp)) return dead('SCHEMA');
  const eventTime = instantOf(timestamp);
  if (eventTime === undefined) return dead('TIMESTAMP');
  if (eventTime > record.arrivalTime + rules.maxFutureSkewMs) return dead('FUTURE');
  return { kind: 'event', eventTime, action, key };
}

/** Whether results can be stored under this key. */
export const isUsableKey = (key: string): boolean =>
  key !== '' && Buffer.byteLength(key) <= KEY_BYTES_MAX && !/\p{Surrogate}/u.test(key);

const dead = (reason: DeadReason): ReadRecord => ({ kind: 'dead', reason });

const utf8 = new TextDecoder('utf-8', { fatal: true });

function jsonOf(data: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(data));
  } catch {
    return undefined;
  }
}

/** Text without a zone would mean another time on another machine. */
const WITH_ZONE =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** ISO 8601 text with a zone and a day that the calendar has, or whole ms since 1970. */
function isTimestamp(value: unknown): value is string | number {
  if (typeof value !== 'string') return Number.isSafeInteger(value);
  const [, day = ''] = WITH_ZONE.exec(value) ?? [];
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

/** Finer than nanoseconds is no time, and neither is what leaves no room for windows around it. */
const TOO_FINE = /\.\d{10}/;
const FARTHEST = 8.64e15 - 10_000 * 365 * 86_400_000;

function instantOf(timestamp: string | number): number | undefined {
  if (typeof timestamp === 'string' && TOO_FINE.test(timestamp)) return undefined;
  const time = typeof timestamp === 'string' ? Date.parse(timestamp) : timestamp;
  return Math.abs(time) < FARTHEST ? time : undefined;
}
