import type { Codec } from '../schema/codec.ts';
import { formatDuration } from '../time/duration.ts';
import { slotCovering } from '../time/slot.ts';
import { MIN_TIME } from '../time/watermark.ts';
import { eventOf, inOrder, type Kept, keptCodec, rememberedEvents } from './kept.ts';
import {
  DEFAULT_RESOLUTION_MS,
  type Fired,
  instant,
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

/** An event that may still find partners. */
interface Waiting extends Pick<Kept, 'time' | 'json'> {
  isMatched: boolean;
}

/** What waits of a key, each side in event time; of one instant in the order of their slots. */
export interface JoinState {
  readonly left: readonly Waiting[];
  readonly right: readonly Waiting[];
  /** The instant at which it is looked at again, whatever comes, ms. */
  readonly wakeAt: number;
}

const LEFT = 0;
const RIGHT = 1;
const NOTHING: JoinState = { left: [], right: [], wakeAt: MIN_TIME };

/**
 * Pairs of events of one key, the right one at most `beforeMs` before and `afterMs` after the left one.
 * Each event is judged by itself: it is late when no partner on time can come any more. What is told
 * is the join of all that were not late, however they came: a pair in the slot that has both of it,
 * an event without a partner when no partner can be accepted any more.
 */
export function intervalJoin(options: IntervalJoinOptions): Operator<unknown, Kept[], JoinState> {
  const { beforeMs, afterMs } = options;
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
      fire: (state = NOTHING, events, slot, resolutionMs) =>
        fireJoin({ ...options, staysMs, slot, resolutionMs }, state, events),
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
  const sorted = [...events].sort(inOrder);
  const newLeft = waitingOf(sorted, LEFT);
  const newRight = waitingOf(sorted, RIGHT);
  const oldLeft = before.left.map(copyOf);
  const left = inTime([...oldLeft, ...newLeft]);
  const right = inTime([...before.right.map(copyOf), ...newRight]);
  const results = [
    ...pairs(firing, oldLeft, newRight),
    ...pairs(firing, newLeft, right),
    ...alone(firing, left, LEFT),
    ...alone(firing, right, RIGHT),
  ];
  return {
    results: results.sort((a, b) => a.windowStart - b.windowStart),
    ...whatWaits(firing, before, {
      left: left.filter((event) => !isDone(firing, event, LEFT)),
      right: right.filter((event) => !isDone(firing, event, RIGHT)),
    }),
  };
}

const waitingOf = (events: readonly Kept[], side: number): Waiting[] =>
  events
    .filter((event) => event.side === side)
    .map(({ time, json }) => ({ time, json, isMatched: false }));

const copyOf = (event: Waiting): Waiting => ({ ...event });

/** Events of one instant stay in the order in which they are given. */
const inTime = (events: Waiting[]): Waiting[] => events.sort((a, b) => a.time - b.time);

/** All pairs of two lists in event time, in one pass: the partners of a later event begin later. */
function pairs(
  { beforeMs, afterMs }: Firing,
  lefts: readonly Waiting[],
  rights: readonly Waiting[],
): Result[] {
  const results: Result[] = [];
  let first = 0;
  for (const left of lefts) {
    while ((rights[first]?.time ?? Infinity) < left.time - beforeMs) first++;
    for (let n = first; n < rights.length; n++) {
      const right = rights[n] as Waiting;
      if (right.time > left.time + afterMs) break;
      left.isMatched = true;
      right.isMatched = true;
      results.push(resultOf(left, right, Math.max(left.time, right.time)));
    }
  }
  return results;
}

/** What waited in vain, and is told so. */
const alone = (firing: Firing, events: readonly Waiting[], side: number): Result[] =>
  events
    .filter((event) => tells(firing, side) && !event.isMatched && isDone(firing, event, side))
    .map((event) =>
      side === LEFT
        ? resultOf(event, undefined, event.time)
        : resultOf(undefined, event, event.time),
    );

/** Every pair has events of its own: whoever changes one must not change the others. */
const resultOf = (left: Waiting | undefined, right: Waiting | undefined, time: number): Result => ({
  ...instant(time),
  value: { left: left ? eventOf(left) : null, right: right ? eventOf(right) : null },
  revision: 0,
  final: true,
});

/** No partner can be accepted any more: all slots are closed in which one could be filed. */
const isDone = (
  { staysMs, slot, resolutionMs }: Firing,
  { time }: Waiting,
  side: number,
): boolean => slotCovering(time + (staysMs[side] as number), resolutionMs) <= slot;

/** A timer is a write: one that is still to come makes others needless, unless they come before it. */
function whatWaits(
  firing: Firing,
  before: JoinState,
  waiting: Pick<JoinState, 'left' | 'right'>,
): Pick<Fired<JoinState>, 'state' | 'timers'> {
  if (waiting.left.length + waiting.right.length === 0) return { state: undefined, timers: [] };
  const next = nextLook(firing, waiting);
  const isPending = slotCovering(before.wakeAt, firing.resolutionMs) > firing.slot;
  if (isPending && before.wakeAt <= next)
    return { state: { ...waiting, wakeAt: before.wakeAt }, timers: [] };
  return { state: { ...waiting, wakeAt: next }, timers: [next] };
}

/** When the first is to be told that it waited in vain; if there is none, when all can be forgotten. */
function nextLook(firing: Firing, { left, right }: Pick<JoinState, 'left' | 'right'>): number {
  const sides = [left, right].map((events, side) => ({
    untold: tells(firing, side) ? events.find((event) => !event.isMatched) : undefined,
    last: events.at(-1),
    staysMs: firing.staysMs[side] as number,
  }));
  const first = Math.min(
    ...sides.map(({ untold, staysMs }) => (untold?.time ?? Infinity) + staysMs),
  );
  if (first < Infinity) return first;
  return Math.max(...sides.map(({ last, staysMs }) => (last?.time ?? -Infinity) + staysMs));
}

const joinStateCodec: Codec<JoinState> = {
  write({ left, right, wakeAt }, to, slot) {
    to.signed(slot - wakeAt);
    waitingCodec.write(left, to, slot);
    waitingCodec.write(right, to, slot);
  },
  read(from, slot) {
    const wakeAt = slot - from.signed();
    return { left: waitingCodec.read(from, slot), right: waitingCodec.read(from, slot), wakeAt };
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
