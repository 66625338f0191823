import { type Codec, NUMBER_BYTES_MAX, textBytesMax } from '../schema/codec.ts';
import { formatDuration } from '../time/duration.ts';
import { slotCovering } from '../time/slot.ts';
import { MIN_TIME } from '../time/watermark.ts';
import { eventOf, inOrder, type Kept, keptCodec, rememberedEvents } from './kept.ts';
import {
  DEFAULT_RESOLUTION_MS,
  type Fired,
  happened,
  type Operator,
  type Result,
} from './operator.ts';

/** Whose events are told that find no partner. */
export type JoinKind = 'inner' | 'left' | 'right' | 'outer';

export interface IntervalJoinOptions {
  readonly kind: JoinKind;
  /** How far before a left event its partners begin, ms; negative: so far after it. Included. */
  readonly beforeMs: number;
  /** How far after a left event its partners end, ms; not less than `-beforeMs`. Included. */
  readonly afterMs: number;
}

/** An event that may still find partners. Never changed once made. */
interface Waiting extends Pick<Kept, 'time' | 'json'> {
  readonly isMatched: boolean;
}

/** What waits of a key, each side in event time; of one instant in the order of their slots. */
export interface JoinState {
  readonly left: readonly Waiting[];
  readonly right: readonly Waiting[];
  /** The instant at which it is looked at again, whatever comes, ms. */
  readonly wakeAt: number;
  /** So many bytes it takes at most. */
  readonly bytesMax: number;
}

const LEFT = 0;
const RIGHT = 1;
/** Of the state itself: an instant, and how many events there are on each side. */
const STATE_BYTES_MAX = 3 * NUMBER_BYTES_MAX;
const NOTHING: JoinState = { left: [], right: [], wakeAt: MIN_TIME, bytesMax: STATE_BYTES_MAX };

/**
 * Pairs of events of one key, the right one at most `beforeMs` before and `afterMs` after the left one.
 * Each event is judged by itself: it is late when no partner on time can come any more. What is told
 * is the join of all that were not late, however they came: a pair in the slot that has both of it,
 * an event without a partner when no partner can be accepted any more.
 */
export function intervalJoin(options: IntervalJoinOptions): Operator<unknown, Kept[], JoinState> {
  const { kind, beforeMs, afterMs } = options;
  const staysMs = stays(options);
  return {
    name: nameOf(options),
    resolutionMs: DEFAULT_RESOLUTION_MS,
    segmentSpanMs: 0,
    reachMs: Math.max(...staysMs),
    lookBackMs: 0,
    emits: 'events',
    outputDelayMs: outputDelayMs(options),
    firstLook: (eventTime) => eventTime,
    lastLook: (eventTime, side) => eventTime + Math.max(side === LEFT ? afterMs : beforeMs, 0),
    ...rememberedEvents,
    codec: keptCodec,
    firing: {
      kind: 'keyed',
      stateCodec: joinStateCodec,
      stateBytesMax: ({ bytesMax }) => bytesMax,
      fire: (state = NOTHING, events, slot, resolutionMs) =>
        fireJoin({ kind, beforeMs, afterMs, staysMs, slot, resolutionMs }, state, events),
    },
  };
}

/** What the result depends on, as the fingerprint has to say it. */
function nameOf({ kind, beforeMs, afterMs }: IntervalJoinOptions): string {
  const [before, after] = [formatDuration(beforeMs), formatDuration(afterMs)];
  const bounds = beforeMs === afterMs ? `within-${after}` : `before-${before}-after-${after}`;
  return `${kind === 'inner' ? '' : `${kind}-`}join-${bounds}`;
}

/**
 * How long after its time an event of each side waits, ms: the last partner of a left event happens
 * `afterMs` after it, and that one is accepted for as long as its own partners on time can come.
 */
const stays = ({
  beforeMs,
  afterMs,
}: IntervalJoinOptions): readonly [left: number, right: number] => [
  afterMs + Math.max(beforeMs, 0),
  beforeMs + Math.max(afterMs, 0),
];

/**
 * The later one of a pair is filed in its own slot, unless it came late itself; so what counts is how
 * late the earlier one can come. One alone is told when it need not wait any more.
 */
function outputDelayMs(options: IntervalJoinOptions): number {
  const { beforeMs, afterMs } = options;
  const [leftMs, rightMs] = stays(options);
  const pairMs = Math.max(
    Math.max(afterMs, 0) + Math.min(beforeMs, 0),
    Math.max(beforeMs, 0) + Math.min(afterMs, 0),
  );
  return Math.max(pairMs, tells(options, LEFT) ? leftMs : 0, tells(options, RIGHT) ? rightMs : 0);
}

const tells = ({ kind }: Pick<IntervalJoinOptions, 'kind'>, side: number): boolean =>
  kind === 'outer' || kind === (side === LEFT ? 'left' : 'right');

interface Firing extends IntervalJoinOptions {
  readonly staysMs: readonly [left: number, right: number];
  readonly slot: number;
  readonly resolutionMs: number;
}

function fireJoin(firing: Firing, before: JoinState, events: readonly Kept[]): Fired<JoinState> {
  const sorted = events.length > 1 ? [...events].sort(inOrder) : events;
  const newLeft = waitingOf(sorted, LEFT);
  const newRight = waitingOf(sorted, RIGHT);
  const left = inTime(before.left, newLeft);
  const right = inTime(before.right, newRight);
  const matched = new Set<Waiting>();
  const results = [
    ...pairs(firing, before.left, newRight, matched),
    ...pairs(firing, newLeft, right, matched),
  ];
  const [leftDone, leftWaits] = parted(firing, left, LEFT);
  const [rightDone, rightWaits] = parted(firing, right, RIGHT);
  if (tells(firing, LEFT)) results.push(...alone(leftDone, LEFT, matched));
  if (tells(firing, RIGHT)) results.push(...alone(rightDone, RIGHT, matched));
  return {
    results: results.sort((a, b) => a.windowStart - b.windowStart),
    ...whatWaits(firing, before, {
      left: marked(leftWaits, matched),
      right: marked(rightWaits, matched),
      bytesMax:
        before.bytesMax +
        bytesOf(newLeft) +
        bytesOf(newRight) -
        bytesOf(leftDone) -
        bytesOf(rightDone),
    }),
  };
}

function waitingOf(events: readonly Kept[], side: number): Waiting[] {
  const waiting: Waiting[] = [];
  for (const event of events) {
    if (event.side === side) waiting.push({ time: event.time, json: event.json, isMatched: false });
  }
  return waiting;
}

/** Events of one instant stay in the order in which they are given. Most come after all that are there. */
function inTime(before: readonly Waiting[], events: readonly Waiting[]): readonly Waiting[] {
  const [first] = events;
  if (first === undefined) return before;
  const last = before.at(-1);
  if (last === undefined) return events;
  const all = before.concat(events);
  return last.time <= first.time ? all : all.sort((a, b) => a.time - b.time);
}

/** All pairs of two lists in event time, in one pass: the partners of a later event begin later. */
function pairs(
  { beforeMs, afterMs }: Firing,
  lefts: readonly Waiting[],
  rights: readonly Waiting[],
  matched: Set<Waiting>,
): Result[] {
  const results: Result[] = [];
  const [earliest] = rights;
  if (earliest === undefined) return results;
  let first = 0;
  for (const left of lefts) {
    if (left.time + afterMs < earliest.time) continue;
    while ((rights[first]?.time ?? Infinity) < left.time - beforeMs) first++;
    for (let n = first; n < rights.length; n++) {
      const right = rights[n] as Waiting;
      if (right.time > left.time + afterMs) break;
      if (!left.isMatched) matched.add(left);
      if (!right.isMatched) matched.add(right);
      results.push(resultOf(left, right, Math.max(left.time, right.time)));
    }
  }
  return results;
}

/** Those that are done, which are the earliest, and the others. */
function parted(
  firing: Firing,
  events: readonly Waiting[],
  side: number,
): [done: readonly Waiting[], waits: readonly Waiting[]] {
  let done = 0;
  while (done < events.length && isDone(firing, events[done] as Waiting, side)) done++;
  return done === 0 ? [[], events] : [events.slice(0, done), events.slice(done)];
}

const marked = (events: readonly Waiting[], matched: ReadonlySet<Waiting>): readonly Waiting[] =>
  matched.size === 0
    ? events
    : events.map((event) => (matched.has(event) ? { ...event, isMatched: true } : event));

/** A distance in time, a mark, and a text. */
const bytesOf = (events: readonly Waiting[]): number =>
  events.reduce((sum, { json }) => sum + NUMBER_BYTES_MAX + 1 + textBytesMax(json), 0);

/** What waited in vain, and is told so. */
const alone = (done: readonly Waiting[], side: number, matched: ReadonlySet<Waiting>): Result[] =>
  done
    .filter((event) => !event.isMatched && !matched.has(event))
    .map((event) =>
      side === LEFT
        ? resultOf(event, undefined, event.time)
        : resultOf(undefined, event, event.time),
    );

/** Every pair has events of its own: whoever changes one must not change the others. */
const resultOf = (left: Waiting | undefined, right: Waiting | undefined, time: number): Result =>
  happened(time, { left: left ? eventOf(left) : null, right: right ? eventOf(right) : null });

/** No partner can be accepted any more: all slots are closed in which one could be filed. */
const isDone = (
  { staysMs, slot, resolutionMs }: Firing,
  { time }: Waiting,
  side: number,
): boolean => slotCovering(time + (staysMs[side] as number), resolutionMs) <= slot;

/** A timer is a write: one that is still to come makes others needless, unless they come before it. */
function whatWaits(
  firing: Firing,
  { wakeAt }: JoinState,
  waiting: Omit<JoinState, 'wakeAt'>,
): Pick<Fired<JoinState>, 'state' | 'timers'> {
  const { left, right, bytesMax } = waiting;
  if (left.length + right.length === 0) return { state: undefined, timers: [] };
  const next = nextLook(firing, waiting);
  const isPending = slotCovering(wakeAt, firing.resolutionMs) > firing.slot;
  if (isPending && wakeAt <= next) return { state: { left, right, wakeAt, bytesMax }, timers: [] };
  return { state: { left, right, wakeAt: next, bytesMax }, timers: [next] };
}

/** When the first is to be told that it waited in vain; if there is none, when all can be forgotten. */
function nextLook(firing: Firing, { left, right }: Pick<JoinState, 'left' | 'right'>): number {
  const first = Math.min(untold(firing, left, LEFT), untold(firing, right, RIGHT));
  if (first < Infinity) return first;
  return Math.max(forgotten(firing, left, LEFT), forgotten(firing, right, RIGHT));
}

function untold(firing: Firing, events: readonly Waiting[], side: number): number {
  if (!tells(firing, side)) return Infinity;
  const first = events.find((event) => !event.isMatched);
  return (first?.time ?? Infinity) + (firing.staysMs[side] as number);
}

const forgotten = ({ staysMs }: Firing, events: readonly Waiting[], side: number): number =>
  (events.at(-1)?.time ?? -Infinity) + (staysMs[side] as number);

const joinStateCodec: Codec<JoinState> = {
  write({ left, right, wakeAt }, to, slot) {
    to.signed(slot - wakeAt);
    waitingCodec.write(left, to, slot);
    waitingCodec.write(right, to, slot);
  },
  read(from, slot) {
    const wakeAt = slot - from.signed();
    const left = waitingCodec.read(from, slot);
    const right = waitingCodec.read(from, slot);
    return { left, right, wakeAt, bytesMax: STATE_BYTES_MAX + bytesOf(left) + bytesOf(right) };
  },
};

/** In event time, so that each is written as the distance from the one before. */
const waitingCodec: Codec<readonly Waiting[]> = {
  write(events, to, slot) {
    to.unsigned(events.length);
    let last = slot;
    for (const { time, json, isMatched } of events) {
      to.signed(time - last);
      last = time;
      to.byte(Number(isMatched));
      to.text(json);
    }
  },
  read(from, slot) {
    let time = slot;
    return from.list(() => {
      time += from.signed();
      return { time, isMatched: from.byte() === 1, json: from.text() };
    });
  },
};
