import type { Codec } from '../schema/codec.ts';
import { slotCovering } from '../time/slot.ts';
import type { Aggregate } from './aggregate.ts';
import type { Fired, Operator, Result } from './operator.ts';

/** A run of events of a key with no gap between them that is too long. Times in ms. */
export interface Session<Acc> {
  start: number;
  /** Of its last event. */
  last: number;
  accumulator: Acc;
}

export interface SessionOptions {
  /** ms. Events exactly so far apart are together. */
  readonly gapMs: number;
  /** Of the window, in words. */
  readonly name: string;
}

/**
 * An aggregate over sessions, late events dropped. A session is complete when the watermark has
 * reached the gap after its last event: an event right there would still belong to it.
 */
export function sessions<In, Acc, Out>(
  { gapMs, name }: SessionOptions,
  aggregate: Aggregate<In, Acc, Out>,
): Operator<In, Session<Acc>[], Session<Acc>[]> {
  const merge = (into: Session<Acc>[], from: readonly Session<Acc>[]): Session<Acc>[] =>
    from.reduce((merged, session) => joined(aggregate, gapMs, merged, session), into);
  const codec = sessionsCodec(aggregate.codec);
  return {
    name: `${name}-${aggregate.name}`,
    resolutionMs: DEFAULT_RESOLUTION_MS,
    segmentSpanMs: 0,
    reachMs: gapMs,
    lookBackMs: 0,
    firstLook: (eventTime: number) => eventTime,
    lastLook: (eventTime: number) => eventTime + gapMs,
    create: () => [],
    add(list: Session<Acc>[], event: In, eventTime: number) {
      // Folded into an accumulator of its own first: if that throws, nothing has changed.
      const accumulator = aggregate.add(aggregate.create(), event);
      return joined(aggregate, gapMs, list, { start: eventTime, last: eventTime, accumulator });
    },
    merge,
    codec,
    firing: {
      kind: 'keyed' as const,
      stateCodec: codec,
      fire(
        state: Session<Acc>[] | undefined,
        fragments: Session<Acc>[],
        slot: number,
        resolutionMs: number,
      ): Fired<Session<Acc>[]> {
        const all = merge(state ?? [], fragments).sort((a, b) => a.start - b.start);
        const isOver = ({ last }: Session<Acc>): boolean =>
          slotCovering(last + gapMs, resolutionMs) <= slot;
        const open = all.filter((session) => !isOver(session));
        return {
          results: all.filter(isOver).map((session) => resultOf(aggregate, gapMs, session)),
          state: open.length > 0 ? open : undefined,
          timers: open.map(({ last }) => last + gapMs),
        };
      },
    },
  };
}

const DEFAULT_RESOLUTION_MS = 1_000;

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
      };
    }
  }
  return [...apart, whole];
}

const resultOf = <Acc>(
  aggregate: Aggregate<never, Acc, unknown>,
  gapMs: number,
  { start, last, accumulator }: Session<Acc>,
): Result => ({
  windowStart: start,
  windowEnd: last + gapMs,
  value: aggregate.finish(accumulator),
  revision: 0,
  final: true,
});

const sessionsCodec = <Acc>(codec: Codec<Acc>): Codec<Session<Acc>[]> => ({
  write(list, to, slot) {
    to.unsigned(list.length);
    for (const { start, last, accumulator } of list) {
      to.signed(slot - last);
      to.unsigned(last - start);
      codec.write(accumulator, to, slot);
    }
  },
  read(from, slot) {
    return Array.from({ length: from.unsigned() }, () => {
      const last = slot - from.signed();
      return { start: last - from.unsigned(), last, accumulator: codec.read(from, slot) };
    });
  },
});
