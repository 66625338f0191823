import type { Codec } from '../schema/codec.ts';
import { slotCovering } from '../time/slot.ts';
import type { Aggregate } from './aggregate.ts';
import { DEFAULT_RESOLUTION_MS, type Fired, type Operator, type Result } from './operator.ts';

/** A run of events of a key with no gap between them that is too long. Times in ms. */
export interface Session<Acc> {
  readonly start: number;
  /** Of its last event. */
  readonly last: number;
  readonly accumulator: Acc;
  /** How many results it has told, those of the sessions that became part of it included. */
  readonly told: number;
  /** The last of them is how it is now. */
  readonly isTold: boolean;
}

export interface SessionOptions {
  /** ms. Events exactly so far apart are together. */
  readonly gapMs: number;
  /** Of the window, in words. */
  readonly name: string;
  /** How long after its end a session still takes events; each slot of them makes a revision. Default 0. */
  readonly allowedLatenessMs?: number;
}

/**
 * An aggregate over sessions. A session is complete when the watermark has reached the gap after its
 * last event: an event right there would still belong to it. With allowed lateness, a late event
 * may extend sessions that were told already, or make one of two: what was told of a session that is
 * no more is retracted before the new one is told.
 */
export function sessions<In, Acc, Out>(
  { gapMs, name, allowedLatenessMs = 0 }: SessionOptions,
  aggregate: Aggregate<In, Acc, Out>,
): Operator<In, Session<Acc>[], Session<Acc>[]> {
  const merge = (into: Session<Acc>[], from: readonly Session<Acc>[]): Session<Acc>[] =>
    from.reduce((merged, session) => joined(aggregate, gapMs, merged, session), into);
  const codec = sessionsCodec(aggregate.codec);
  const late = allowedLatenessMs > 0 ? `-late-${allowedLatenessMs}` : '';
  return {
    name: `${name}-${aggregate.name}${late}`,
    resolutionMs: DEFAULT_RESOLUTION_MS,
    segmentSpanMs: 0,
    reachMs: gapMs + allowedLatenessMs,
    lookBackMs: 0,
    // A session is told once the watermark has reached its end: its last instant lies just before.
    outputDelayMs: 1,
    firstLook: (eventTime: number) => eventTime,
    lastLook: (eventTime: number) => eventTime + gapMs + allowedLatenessMs,
    create: () => [],
    add(list, event, eventTime, origin) {
      // Folded into an accumulator of its own first: if that throws, nothing has changed.
      const accumulator = aggregate.add(aggregate.create(), event, { ...origin, eventTime });
      const session = { start: eventTime, last: eventTime, accumulator, told: 0, isTold: false };
      return joined(aggregate, gapMs, list, session);
    },
    merge,
    codec,
    firing: {
      kind: 'keyed',
      stateCodec: codec,
      fire(state = [], fragments, slot, resolutionMs) {
        // Merging changes accumulators; what was told before is still needed, to take it back.
        const known = state.map((session) => copyOf(aggregate, session));
        const firing = { gapMs, allowedLatenessMs, aggregate, slot, resolutionMs };
        return fireSessions(firing, state, known, merge([...known], fragments));
      },
    },
  };
}

interface Firing<Acc> {
  readonly gapMs: number;
  readonly allowedLatenessMs: number;
  readonly aggregate: Aggregate<never, Acc, unknown>;
  readonly slot: number;
  readonly resolutionMs: number;
}

/** `known` are the sessions from before that may have grown; those that did not are still in `merged`. */
function fireSessions<Acc>(
  firing: Firing<Acc>,
  before: readonly Session<Acc>[],
  known: readonly Session<Acc>[],
  merged: readonly Session<Acc>[],
): Fired<Session<Acc>[]> {
  const unchanged = new Set(known);
  const results: Result[] = [];
  const state: Session<Acc>[] = [];
  const timers: number[] = [];
  for (const session of [...merged].sort((a, b) => a.start - b.start)) {
    const grew = !unchanged.has(session);
    const tells = isPast(firing, session, 0) && !session.isTold;
    const isNews = grew || tells;
    const parts = isNews ? before.filter((part) => part.isTold && isPartOf(part, session)) : [];
    const gone = parts.filter(
      (part) => !(part.start === session.start && part.last === session.last),
    );
    if (grew) results.push(...gone.map((part) => retraction(firing, part)));
    if (tells)
      results.push(
        resultOf(
          firing,
          session,
          parts.filter((part) => !gone.includes(part)),
        ),
      );
    const after = { told: session.told + Number(tells), isTold: session.isTold || tells };
    if (isPast(firing, session, firing.allowedLatenessMs)) continue;
    state.push({ ...session, ...after });
    // A timer is a write: while nothing changes about a session, the one that was set is still to come.
    if (isNews) timers.push(nextLook(firing, session));
  }
  return { results, state: state.length > 0 ? state : undefined, timers };
}

/** When it is to be told; after that, when it can be forgotten. */
const nextLook = <Acc>(firing: Firing<Acc>, session: Session<Acc>): number =>
  session.last + firing.gapMs + (isPast(firing, session, 0) ? firing.allowedLatenessMs : 0);

const isPast = <Acc>(
  { gapMs, slot, resolutionMs }: Firing<Acc>,
  { last }: Session<Acc>,
  laterMs: number,
): boolean => slotCovering(last + gapMs + laterMs, resolutionMs) <= slot;

const isPartOf = <Acc>(part: Session<Acc>, whole: Session<Acc>): boolean =>
  part.start >= whole.start && part.last <= whole.last;

/** The sessions with one more: those that it touches become one with it. */
function joined<Acc>(
  aggregate: Aggregate<never, Acc, unknown>,
  gapMs: number,
  list: readonly Session<Acc>[],
  session: Session<Acc>,
): Session<Acc>[] {
  const apart: Session<Acc>[] = [];
  let whole = session;
  for (const one of list) {
    if (one.start - session.last > gapMs || session.start - one.last > gapMs) apart.push(one);
    else {
      whole = {
        start: Math.min(one.start, whole.start),
        last: Math.max(one.last, whole.last),
        accumulator: aggregate.merge(one.accumulator, whole.accumulator),
        told: one.told + whole.told,
        isTold: false,
      };
    }
  }
  return [...apart, whole];
}

const copyOf = <Acc>(
  aggregate: Aggregate<never, Acc, unknown>,
  session: Session<Acc>,
): Session<Acc> => ({
  ...session,
  accumulator: aggregate.merge(aggregate.create(), session.accumulator),
});

function resultOf<Acc>(
  { aggregate, gapMs, allowedLatenessMs }: Firing<Acc>,
  { start, last, accumulator, told }: Session<Acc>,
  same: readonly Session<Acc>[],
): Result {
  const [before] = same;
  return {
    windowStart: start,
    windowEnd: last + gapMs,
    value: aggregate.finish(accumulator),
    ...(before === undefined ? {} : { old: aggregate.finish(before.accumulator) }),
    revision: told,
    final: allowedLatenessMs === 0,
  };
}

const retraction = <Acc>(
  { aggregate, gapMs }: Firing<Acc>,
  { start, last, accumulator, told }: Session<Acc>,
): Result => ({
  windowStart: start,
  windowEnd: last + gapMs,
  value: undefined,
  old: aggregate.finish(accumulator),
  revision: told,
  retracted: true,
  final: false,
});

const sessionsCodec = <Acc>(codec: Codec<Acc>): Codec<Session<Acc>[]> => ({
  write(list, to, slot) {
    to.unsigned(list.length);
    for (const { start, last, accumulator, told, isTold } of list) {
      to.signed(slot - last);
      to.unsigned(last - start);
      to.unsigned(told * 2 + Number(isTold));
      codec.write(accumulator, to, slot);
    }
  },
  read(from, slot) {
    return from.list(() => {
      const last = slot - from.signed();
      const start = last - from.unsigned();
      const packed = from.unsigned();
      const told = Math.floor(packed / 2);
      const isTold = packed % 2 === 1;
      return { start, last, told, isTold, accumulator: codec.read(from, slot) };
    });
  },
});
