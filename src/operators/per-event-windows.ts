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
        const moments = merge(state, contribution).sort((a, b) => a.at - b.at);
        const firing = { aggregate, spanMs, slot, resolutionMs };
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
}

/** One result for each event of the slot, those of one instant alike. */
function fireLookBack<Acc>(firing: Firing<Acc>, moments: Moment<Acc>[]): Fired<Moment<Acc>[]> {
  const { spanMs, slot } = firing;
  const results = moments
    .filter(({ at }) => isInSlot(firing, at))
    .flatMap(({ at, count }) => {
      const result = resultOf(firing, moments, at - spanMs);
      return Array.from({ length: count }, () => result);
    });
  const kept = moments.filter(({ at }) => at >= slot - spanMs);
  return { results, state: kept.length > 0 ? kept : undefined, timers: forget(kept, spanMs) };
}

/** One result for each window that ends in the slot: those of its events, and those after earlier ones. */
function fireAround<Acc>(firing: Firing<Acc>, moments: Moment<Acc>[]): Fired<Moment<Acc>[]> {
  const { spanMs, slot } = firing;
  const starts = new Set<number>();
  for (const { at } of moments) {
    if (isInSlot(firing, at)) starts.add(at - spanMs);
    const next = moments.some((other) => other.at > at && other.at <= at + 1 + spanMs);
    if (isInSlot(firing, at + 1 + spanMs) && next) starts.add(at + 1);
  }
  const results = [...starts]
    .sort((a, b) => a - b)
    .map((start) => resultOf(firing, moments, start));
  const kept = moments.filter(({ at }) => at + 1 + spanMs >= slot);
  const timers = kept.map(({ at }) => at + 1 + spanMs);
  return { results, state: kept.length > 0 ? kept : undefined, timers };
}

const isInSlot = <Acc>({ slot, resolutionMs }: Firing<Acc>, instant: number): boolean =>
  slotCovering(instant, resolutionMs) === slot;

/** When the last of them is of no use any more. */
const forget = <Acc>(moments: readonly Moment<Acc>[], spanMs: number): number[] =>
  moments.slice(-1).map(({ at }) => at + spanMs);

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
    return Array.from({ length: from.unsigned() }, () => {
      const at = slot - from.signed();
      const count = from.unsigned();
      return { at, count, accumulator: codec.read(from, slot) };
    });
  },
});
