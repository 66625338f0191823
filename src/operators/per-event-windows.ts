import type { Codec } from '../schema/codec.ts';
import { slotCovering } from '../time/slot.ts';
import type { Aggregate } from './aggregate.ts';
import { DEFAULT_RESOLUTION_MS, type Fired, type Operator, type Result } from './operator.ts';

/** Windows that lie around events instead of on a grid. Both ends are included. */
export interface PerEventWindows {
  readonly name: string;
  /** From the first to the last instant of a window, ms. */
  readonly spanMs: number;
  /**
   * `lookBack`: for each event, all events up to `spanMs` before it, and those of its own time.
   * `around`: every different set of events that lie within `spanMs` of one another: the windows that
   * end at an event, and those that begin right after one.
   */
  readonly which: 'lookBack' | 'around';
}

/** All events of one instant. */
interface Moment<Acc> {
  readonly at: number;
  accumulator: Acc;
  count: number;
}

/** An aggregate over windows around events, late events dropped. */
export function perEventWindows<In, Acc, Out>(
  windows: PerEventWindows,
  aggregate: Aggregate<In, Acc, Out>,
): Operator<In, Moment<Acc>[], Moment<Acc>[]> {
  const { spanMs, which } = windows;
  const codec = momentsCodec(aggregate.codec);
  const merge = (into: Moment<Acc>[], from: readonly Moment<Acc>[]): Moment<Acc>[] => {
    for (const moment of from) addMoment(aggregate, into, moment);
    return into;
  };
  return {
    name: `${windows.name}-${aggregate.name}`,
    resolutionMs: DEFAULT_RESOLUTION_MS,
    segmentSpanMs: 0,
    reachMs: spanMs,
    lookBackMs: 0,
    firstLook: (eventTime) => eventTime,
    lastLook: (eventTime) => (which === 'lookBack' ? eventTime : eventTime + spanMs),
    create: () => [],
    add(moments, event, eventTime, origin) {
      const accumulator = aggregate.add(aggregate.create(), event, { ...origin, eventTime });
      return addMoment(aggregate, moments, { at: eventTime, accumulator, count: 1 });
    },
    merge,
    codec,
    firing: {
      kind: 'keyed',
      stateCodec: codec,
      fire(state = [], contribution, slot, resolutionMs) {
        const known = new Set(state.map(({ at }) => at));
        const moments = merge(state, contribution).sort((a, b) => a.at - b.at);
        const firing = { aggregate, spanMs, slot, resolutionMs, known };
        return which === 'lookBack' ? fireLookBack(firing, moments) : fireAround(firing, moments);
      },
    },
  };
}

interface Firing<Acc> {
  readonly aggregate: Aggregate<never, Acc, unknown>;
  readonly spanMs: number;
  readonly slot: number;
  readonly resolutionMs: number;
  /** The moments that earlier slots have left; they have set the timers of these as well. */
  readonly known: ReadonlySet<number>;
}

/** One result for each event of the slot, those of one instant alike. */
function fireLookBack<Acc>(firing: Firing<Acc>, moments: Moment<Acc>[]): Fired<Moment<Acc>[]> {
  const { spanMs, slot } = firing;
  const results = moments
    .filter(({ at }) => isInSlot(firing, at))
    .flatMap(({ at, count }) => {
      const result = resultOf(firing, moments, at - spanMs);
      return [result, ...Array.from({ length: count - 1 }, () => ({ ...result, repeats: true }))];
    });
  const kept = moments.filter(({ at }) => at >= slot - spanMs);
  // With the last of them all are of no use any more.
  const timers = timersOf(firing, kept.slice(-1), spanMs);
  return { results, state: kept.length > 0 ? kept : undefined, timers };
}

/** One result for each window that ends in the slot: those of its events, and those after earlier ones. */
function fireAround<Acc>(firing: Firing<Acc>, moments: Moment<Acc>[]): Fired<Moment<Acc>[]> {
  const { spanMs, slot } = firing;
  const starts = new Set<number>();
  for (const [n, { at }] of moments.entries()) {
    if (isInSlot(firing, at)) starts.add(at - spanMs);
    const next = moments[n + 1]?.at ?? Infinity;
    if (isInSlot(firing, at + 1 + spanMs) && next <= at + 1 + spanMs) starts.add(at + 1);
  }
  const results = [...starts]
    .sort((a, b) => a - b)
    .map((start) => resultOf(firing, moments, start));
  const kept = moments.filter(({ at }) => at + 1 + spanMs >= slot);
  const timers = timersOf(firing, kept, 1 + spanMs);
  return { results, state: kept.length > 0 ? kept : undefined, timers };
}

/** A timer is a write: each moment sets its own once, in the slot that comes to know of it. */
const timersOf = <Acc>(
  { known }: Firing<Acc>,
  moments: readonly Moment<Acc>[],
  laterMs: number,
): number[] => moments.filter(({ at }) => !known.has(at)).map(({ at }) => at + laterMs);

const isInSlot = <Acc>({ slot, resolutionMs }: Firing<Acc>, instant: number): boolean =>
  slotCovering(instant, resolutionMs) === slot;

function resultOf<Acc>(
  { aggregate, spanMs }: Firing<Acc>,
  moments: readonly Moment<Acc>[],
  start: number,
): Result {
  let merged = aggregate.create();
  for (const { at, accumulator } of moments) {
    if (at >= start && at <= start + spanMs) merged = aggregate.merge(merged, accumulator);
  }
  const value = aggregate.finish(merged);
  const windowEnd = start + spanMs + 1;
  return { windowStart: start, windowEnd, value, revision: 0, final: true };
}

function addMoment<Acc>(
  aggregate: Aggregate<never, Acc, unknown>,
  moments: Moment<Acc>[],
  { at, accumulator, count }: Moment<Acc>,
): Moment<Acc>[] {
  const same = moments.find((moment) => moment.at === at);
  if (same === undefined) moments.push({ at, accumulator, count });
  else {
    same.accumulator = aggregate.merge(same.accumulator, accumulator);
    same.count += count;
  }
  return moments;
}

const momentsCodec = <Acc>(codec: Codec<Acc>): Codec<Moment<Acc>[]> => ({
  write(moments, to, slot) {
    to.unsigned(moments.length);
    for (const { at, accumulator, count } of moments) {
      to.signed(slot - at);
      to.unsigned(count);
      codec.write(accumulator, to, slot);
    }
  },
  read(from, slot) {
    return from.list(() => {
      const at = slot - from.signed();
      const count = from.unsigned();
      return { at, count, accumulator: codec.read(from, slot) };
    });
  },
});
