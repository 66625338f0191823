import { BadRecordError, PlanError } from '../errors.ts';
import { type EventTimeLike, toEventTime } from '../time/event-time.ts';
import { checkFunctionOf } from './checks.ts';
import { type AuditEntry, applying, type Evolution, stateReader } from './evolution.ts';
import { copyOf } from './state-text.ts';

/** Where the events of a replay belong, in the words of a pipeline. */
export interface ReplayOptions<E> {
  /** When an event happened, as in the options of a stream. */
  readonly timestamp: (event: E) => EventTimeLike;
  /** The key of an event, as `keyBy` gives it. */
  readonly keyBy: (event: E) => string | number;
  /** The last instant that counts. Default: all. */
  readonly until?: EventTimeLike;
}

/** Which events of a history are told. */
export interface HistoryOptions<E> extends ReplayOptions<E> {
  /** Only this key. Default: all, by time. */
  readonly key?: string | number;
}

/**
 * The states of all keys as they were at an instant, from the events alone: applied in event time,
 * those of one time in the order in which they are given. A deleted key is not there.
 *
 * @throws BadRecordError if an event has no usable time or key
 * @throws NotStorableError for an event or a state that JSON cannot hold
 * @throws PlanError SETTING_INVALID
 * @throws UserFunctionError if `apply` throws
 */
export function replay<E, S>(
  evolution: Evolution<E, S>,
  events: Iterable<E>,
  options: ReplayOptions<E>,
): Map<string, S> {
  const texts = new Map<string, string>();
  for (const { key, after } of stepsOf(evolution, events, options)) {
    if (after === undefined) texts.delete(key);
    else texts.set(key, after);
  }
  return new Map([...texts].map(([key, json]) => [key, JSON.parse(json) as S]));
}

/** What each event did, in event time, as `audit()` of a pipeline tells it. Throws as `replay` does. */
export function history<E, S>(
  evolution: Evolution<E, S>,
  events: Iterable<E>,
  options: HistoryOptions<E>,
): AuditEntry<E, S>[] {
  const stateOf = stateReader();
  return [...stepsOf(evolution, events, options)].map(({ key, time, event, before, after }) => {
    const states = { before: stateOf(before) as S, after: stateOf(after) as S };
    return { key, time, event, ...states, revision: 0 };
  });
}

interface Placed<E> {
  readonly event: E;
  readonly key: string;
  readonly time: number;
}

/** What an event did, states as JSON. */
interface Step<E> extends Placed<E> {
  readonly before: string | undefined;
  readonly after: string | undefined;
}

function* stepsOf<E, S>(
  evolution: Evolution<E, S>,
  events: Iterable<E>,
  options: HistoryOptions<E>,
): Generator<Step<E>> {
  const texts = new Map<string, string | undefined>();
  const apply = applying(evolution);
  for (const { event, key, time } of placed(events, options)) {
    const before = texts.get(key);
    // As a pipeline gives it: what JSON keeps of it, and changes to it stay there.
    const after = apply(before, copyOf(event), { key, time });
    texts.set(key, after);
    yield { event, key, time, before, after };
  }
}

/** In event time, as far as wanted. */
function placed<E>(events: Iterable<E>, options: HistoryOptions<E>): Placed<E>[] {
  const { timestamp, keyBy, until } = options ?? {};
  checkFunctionOf('timestamp of a replay', timestamp);
  checkFunctionOf('keyBy of a replay', keyBy);
  const last = until === undefined ? Number.POSITIVE_INFINITY : instantOf(until);
  const only = options.key === undefined ? undefined : String(options.key);
  const all = Array.from(events, (event, n): Placed<E> => {
    const time = toEventTime(timestamp(event));
    const key = keyBy(event);
    if (time === undefined) throw new BadRecordError(`event ${n} has no usable time`);
    if (!isKey(key)) throw new BadRecordError(`event ${n} has no usable key`);
    return { event, key: String(key), time };
  });
  return all
    .filter(({ key, time }) => time <= last && (only === undefined || key === only))
    .sort((a, b) => a.time - b.time);
}

const isKey = (key: unknown): boolean =>
  typeof key === 'string' ? key !== '' : Number.isFinite(key);

function instantOf(until: EventTimeLike): number {
  const time = toEventTime(until);
  if (time !== undefined) return time;
  throw new PlanError(
    'SETTING_INVALID',
    `until is ${JSON.stringify(until)}, which is no instant`,
    'Give ms, a Date or ISO 8601 text with a zone.',
  );
}
