import type { Codec } from '../schema/codec.ts';
import { ceilTo, floorTo, slotCovering } from '../time/slot.ts';
import type { Window } from '../windows/window.ts';
import type { Aggregate } from './aggregate.ts';
import {
  type AlignedWindows,
  endAfter,
  isWithin,
  lastWindow,
  mergeSlices,
  resolutionOf,
  type Slice,
  slicesCodec,
  slicing,
  valueIn,
} from './aligned-windows.ts';
import { DEFAULT_RESOLUTION_MS, type Fired, type Operator, type Result } from './operator.ts';

/** When a window tells its result besides the one time when it closes. Times in ms. */
export interface Updates {
  /** How long after its end a window still takes events; each slot of them makes a revision. */
  readonly allowedLatenessMs: number;
  /** How often, in event time, a window that is still open tells what it has so far. 0: never. */
  readonly emitEveryMs: number;
}

/** What a key remembers: its slices, and how often each window has told its result. */
interface Remembered<Acc> {
  slices: Slice<Acc>[];
  /** By window end. */
  readonly told: Map<number, Told>;
}

interface Told {
  readonly revision: number;
  /** The last one was early. */
  readonly early: boolean;
}

/**
 * An aggregate over aligned windows that keep their state after they have closed: a late event
 * within the allowed lateness makes the next revision of each window that it falls in, with the old
 * value beside the new one, so that whoever summed up the old one can take it back.
 */
export function updatingWindows<In, Acc, Out>(
  windows: AlignedWindows,
  aggregate: Aggregate<In, Acc, Out>,
  updates: Updates,
): Operator<In, Slice<Acc>[], Remembered<Acc>> {
  const { allowedLatenessMs, emitEveryMs } = updates;
  const sliceEnd = slicing(windows);
  const early = (eventTime: number): number =>
    emitEveryMs > 0 ? ceilTo(eventTime + 1, emitEveryMs) : Number.POSITIVE_INFINITY;
  const late = allowedLatenessMs > 0 ? `-late-${allowedLatenessMs}` : '';
  const every = emitEveryMs > 0 ? `-early-${emitEveryMs}` : '';
  return {
    name: `${windows.name}-${aggregate.name}${late}${every}`,
    resolutionMs: Math.min(resolutionOf(windows), DEFAULT_RESOLUTION_MS),
    segmentSpanMs: 0,
    reachMs: windows.sizeMs + allowedLatenessMs,
    lookBackMs: 0,
    firstLook: (eventTime) => Math.min(endAfter(windows, eventTime), early(eventTime)) - 1,
    lastLook: (eventTime) => lastWindow(windows, eventTime).end - 1 + allowedLatenessMs,
    create: () => [],
    add(slices, event, eventTime, origin) {
      const end = sliceEnd(eventTime);
      const accumulator = aggregate.add(aggregate.create(), event, { ...origin, eventTime });
      return mergeSlices(aggregate, slices, [{ end, accumulator }]);
    },
    merge: (slices, other) => mergeSlices(aggregate, slices, other),
    codec: slicesCodec(aggregate.codec),
    firing: {
      kind: 'keyed',
      stateCodec: rememberedCodec(aggregate.codec),
      fire: (state, contribution, slot, resolutionMs) =>
        fireWindows({ windows, aggregate, updates, slot, resolutionMs }, state, contribution),
    },
  };
}

interface Firing<Acc> {
  readonly windows: AlignedWindows;
  readonly aggregate: Aggregate<never, Acc, unknown>;
  readonly updates: Updates;
  readonly slot: number;
  readonly resolutionMs: number;
}

function fireWindows<Acc>(
  firing: Firing<Acc>,
  state: Remembered<Acc> = { slices: [], told: new Map() },
  contribution: Slice<Acc>[],
): Fired<Remembered<Acc>> {
  const { aggregate, slot } = firing;
  const touched = new Set(contribution.map(({ end }) => end));
  const before = state.slices;
  // The old ones are kept as they are: old values are computed from them.
  const slices = mergeSlices(aggregate, copies(aggregate, before), contribution);
  const told = new Map(state.told);
  const results = windowsOf(firing.windows, slices).flatMap((window): Result[] => {
    const known = told.get(window.end);
    const isTouched = [...touched].some((end) => isWithin(end, window));
    if (!tells(firing, window, isTouched, known)) return [];
    const isEarly = closingSlot(firing, window) > slot;
    const revision = known === undefined ? 0 : known.revision + 1;
    told.set(window.end, { revision, early: isEarly });
    const old = known === undefined ? {} : { old: valueIn(aggregate, before, window) };
    const value = valueIn(aggregate, slices, window);
    const { start: windowStart, end: windowEnd } = window;
    return [{ windowStart, windowEnd, value, ...old, revision, early: isEarly, final: false }];
  });
  return remember(firing, slices, told, results);
}

/** Late windows tell when something came to them, due ones always, open ones when early results are wanted. */
function tells<Acc>(
  firing: Firing<Acc>,
  window: Window,
  isTouched: boolean,
  known: Told | undefined,
): boolean {
  const { slot, updates } = firing;
  const closing = closingSlot(firing, window);
  if (closing === slot) return isTouched || known === undefined || known.early;
  if (closing > slot) return isTouched && updates.emitEveryMs > 0;
  return isTouched && lastSlot(firing, window) >= slot;
}

const closingSlot = <Acc>({ resolutionMs }: Firing<Acc>, { end }: Window): number =>
  slotCovering(end - 1, resolutionMs);

const lastSlot = <Acc>({ resolutionMs, updates }: Firing<Acc>, { end }: Window): number =>
  slotCovering(end - 1 + updates.allowedLatenessMs, resolutionMs);

/** What is still needed: windows that can change, and the slices in them. */
function remember<Acc>(
  firing: Firing<Acc>,
  slices: Slice<Acc>[],
  told: Map<number, Told>,
  results: Result[],
): Fired<Remembered<Acc>> {
  const { windows, slot } = firing;
  const live = windowsOf(windows, slices).filter((window) => lastSlot(firing, window) > slot);
  const ends = new Set(live.map(({ end }) => end));
  for (const end of told.keys()) if (!ends.has(end)) told.delete(end);
  const kept = slices.filter(({ end }) => live.some((window) => isWithin(end, window)));
  if (kept.length === 0) return { results, state: undefined, timers: [] };
  const next = live.map((window) => {
    const isOpen = closingSlot(firing, window) > slot;
    return window.end - 1 + (isOpen ? 0 : firing.updates.allowedLatenessMs);
  });
  return { results, state: { slices: kept, told }, timers: [Math.min(...next)] };
}

/** All windows that some slice falls in, in order. */
function windowsOf<Acc>(
  { sizeMs, advanceMs, offsetMs }: AlignedWindows,
  slices: readonly Slice<Acc>[],
): Window[] {
  const starts = new Set<number>();
  for (const { end } of slices) {
    const last = floorTo(end - 1 - offsetMs, advanceMs) + offsetMs;
    for (let start = last; start + sizeMs >= end; start -= advanceMs) starts.add(start);
  }
  return [...starts].sort((a, b) => a - b).map((start) => ({ start, end: start + sizeMs }));
}

const copies = <Acc>(
  aggregate: Aggregate<never, Acc, unknown>,
  slices: readonly Slice<Acc>[],
): Slice<Acc>[] =>
  slices.map(({ end, accumulator }) => ({
    end,
    accumulator: aggregate.merge(aggregate.create(), accumulator),
  }));

const rememberedCodec = <Acc>(codec: Codec<Acc>): Codec<Remembered<Acc>> => {
  const slices = slicesCodec(codec);
  return {
    write(state, to, slot) {
      slices.write(state.slices, to, slot);
      to.unsigned(state.told.size);
      for (const [end, { revision, early }] of state.told) {
        to.signed(slot - end);
        to.unsigned(revision * 2 + Number(early));
      }
    },
    read(from, slot) {
      const list = slices.read(from, slot);
      const told = from.list((): [number, Told] => {
        const end = slot - from.signed();
        const packed = from.unsigned();
        return [end, { revision: Math.floor(packed / 2), early: packed % 2 === 1 }];
      });
      return { slices: list, told: new Map(told) };
    },
  };
};
