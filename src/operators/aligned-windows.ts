import type { Codec } from '../schema/codec.ts';
import { floorTo } from '../time/slot.ts';
import type { Window } from '../windows/window.ts';
import type { Aggregate } from './aggregate.ts';
import { DEFAULT_RESOLUTION_MS, type Operator, type Origin, type Result } from './operator.ts';

/** Windows that are the same for all keys: tumbling ones, and hopping ones, which overlap. */
export interface AlignedWindows {
  readonly name: string;
  /** ms. */
  readonly sizeMs: number;
  /** From the start of one window to the start of the next, ms. The size itself: they do not overlap. */
  readonly advanceMs: number;
  /** Windows start at this much after multiples of the advance, ms. */
  readonly offsetMs: number;
}

/** What one slice of time has for a key. A slice is the time from one window boundary to the next. */
export interface Slice<Acc> {
  /** Not included, ms. */
  readonly end: number;
  accumulator: Acc;
}

/** A grid on which all windows end is looked at if it is not finer than this, ms. */
const FINEST_MS = 100;

/** One segment may hold the slices of so many windows in a row. */
const SPAN_WINDOWS = 16;

/**
 * An aggregate over aligned windows, late events dropped. Each event is folded once, into the slice
 * that it falls in, however many windows share it; a window merges its slices when it fires. An event
 * that is late for some of its windows counts in the others.
 */
export function alignedWindows<In, Acc, Out>(
  windows: AlignedWindows,
  aggregate: Aggregate<In, Acc, Out>,
): Operator<In, Slice<Acc>[], never> {
  const { sizeMs, advanceMs } = windows;
  const sliceEnd = slicing(windows);
  return {
    name: `${windows.name}-${aggregate.name}`,
    resolutionMs: resolutionOf(windows),
    segmentSpanMs: SPAN_WINDOWS * advanceMs,
    reachMs: sizeMs,
    lookBackMs: sizeMs - firstSliceMs(windows),
    // All others were always filed so.
    ...(firstSliceMs(windows) < advanceMs || windows.offsetMs > 0 ? { filing: 'by-slices' } : {}),
    firstLook: (eventTime: number) => sliceEnd(eventTime) - 1,
    lastLook: (eventTime: number) => lastWindow(windows, eventTime).end - 1,
    create: () => [],
    add(slices: Slice<Acc>[], event: In, eventTime: number, origin: Origin) {
      const end = sliceEnd(eventTime);
      const { lane, position, index } = origin;
      const at = { lane, position, index, eventTime };
      const slice = find(slices, end);
      if (slice) slice.accumulator = aggregate.add(slice.accumulator, event, at);
      else slices.push({ end, accumulator: aggregate.add(aggregate.create(), event, at) });
      return slices;
    },
    merge: (slices: Slice<Acc>[], other: Slice<Acc>[]) => mergeSlices(aggregate, slices, other),
    codec: slicesCodec(aggregate.codec),
    firing: {
      kind: 'slot' as const,
      nextLook: (time: number) => endAfter(windows, time) - 1,
      results(parts: readonly Slice<Acc>[][], slot: number, resolutionMs: number) {
        const slices = parts.flat();
        return windowsClosedBy(windows, slot, resolutionMs).flatMap((window) =>
          resultOf(aggregate, slices, window),
        );
      },
    },
  };
}

function resultOf<Acc>(
  aggregate: Aggregate<never, Acc, unknown>,
  slices: readonly Slice<Acc>[],
  window: Window,
): Result[] {
  if (!slices.some((slice) => isWithin(slice.end, window))) return [];
  const { start: windowStart, end: windowEnd } = window;
  const value = valueIn(aggregate, slices, window);
  return [{ windowStart, windowEnd, value, revision: 0, final: true }];
}

/** A slice that ends there is part of the window. */
export const isWithin = (sliceEnd: number, { start, end }: Window): boolean =>
  sliceEnd > start && sliceEnd <= end;

/** What all slices of a window come to; none of them is changed. */
export function valueIn<Acc>(
  aggregate: Aggregate<never, Acc, unknown>,
  slices: readonly Slice<Acc>[],
  window: Window,
): unknown {
  let merged = aggregate.create();
  for (const slice of slices) {
    if (isWithin(slice.end, window)) merged = aggregate.merge(merged, slice.accumulator);
  }
  return aggregate.finish(merged);
}

/** Nearly always there is one. */
function find<Acc>(slices: readonly Slice<Acc>[], end: number): Slice<Acc> | undefined {
  for (const slice of slices) if (slice.end === end) return slice;
  return undefined;
}

/** The last of the windows that an event falls in. */
export function lastWindow(
  { sizeMs, advanceMs, offsetMs }: AlignedWindows,
  eventTime: number,
): Window {
  const start = floorTo(eventTime - offsetMs, advanceMs) + offsetMs;
  return { start, end: start + sizeMs };
}

/** The windows whose end is looked at in this slot, in order. */
function windowsClosedBy(
  { sizeMs, advanceMs, offsetMs }: AlignedWindows,
  slot: number,
  resolutionMs: number,
): Window[] {
  const windows: Window[] = [];
  let end = floorTo(slot - sizeMs - offsetMs, advanceMs) + offsetMs + sizeMs;
  for (; end > slot - resolutionMs; end -= advanceMs) windows.unshift({ start: end - sizeMs, end });
  return windows;
}

export function mergeSlices<Acc>(
  aggregate: Aggregate<never, Acc, unknown>,
  slices: Slice<Acc>[],
  other: readonly Slice<Acc>[],
): Slice<Acc>[] {
  for (const { end, accumulator } of other) {
    const slice = find(slices, end);
    if (slice) slice.accumulator = aggregate.merge(slice.accumulator, accumulator);
    else slices.push({ end, accumulator });
  }
  return slices;
}

export const slicesCodec = <Acc>(codec: Codec<Acc>): Codec<Slice<Acc>[]> => ({
  write(slices, to, slot) {
    to.unsigned(slices.length);
    for (const { end, accumulator } of slices) {
      to.signed(slot - end);
      codec.write(accumulator, to, slot);
    }
  },
  read(from, slot) {
    return from.list(() => {
      const end = slot - from.signed();
      return { end, accumulator: codec.read(from, slot) };
    });
  },
});

/**
 * Where the slice of an event ends. From one window start to the next there is one slice, or two where
 * the advance does not divide the size: an older window ends between them.
 */
export function slicing(windows: AlignedWindows): (eventTime: number) => number {
  const { advanceMs, offsetMs } = windows;
  const firstMs = firstSliceMs(windows);
  return (eventTime) => {
    const start = floorTo(eventTime - offsetMs, advanceMs) + offsetMs;
    return eventTime < start + firstMs ? start + firstMs : start + advanceMs;
  };
}

/** The length of the first slice of every window. */
const firstSliceMs = ({ sizeMs, advanceMs }: AlignedWindows): number =>
  sizeMs % advanceMs || advanceMs;

/**
 * The widest grid on which all windows end, so that each is told right there. Where that is so fine
 * that every batch of events would close slots, results wait for the next second.
 */
export function resolutionOf({ sizeMs, advanceMs, offsetMs }: AlignedWindows): number {
  const gridMs = gcd(advanceMs, sizeMs + offsetMs);
  const isAffordable = gridMs >= FINEST_MS || advanceMs <= DEFAULT_RESOLUTION_MS;
  return isAffordable ? gridMs : DEFAULT_RESOLUTION_MS;
}

/** The first end of a window after this time. */
export const endAfter = ({ sizeMs, advanceMs, offsetMs }: AlignedWindows, time: number): number =>
  floorTo(time - sizeMs - offsetMs, advanceMs) + offsetMs + sizeMs + advanceMs;

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
