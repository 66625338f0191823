import { readSegment } from '../schema/segment.ts';
import type { Item } from '../store/store.ts';
import { slotText } from '../time/slot.ts';
import type { IsAborted } from './aborted.ts';
import type { Place } from './cuts.ts';
import type { Fold } from './fold.ts';
import { parseSegmentKey, segmentKey, segmentRange } from './keys.ts';
import { type Packing, pack } from './packing.ts';
import type { StageContext } from './ports.ts';
import { segmentExpiry } from './retention.ts';
import { storing } from './storing.ts';

/** Contributions as items, and where there are some that are too large for one. */
export interface Segments {
  readonly items: readonly Item[];
  readonly tooLarge: readonly Place[];
}

/** Contributions as the items that they are stored as, named by the attempt that made them. */
export function segmentsOf(
  context: StageContext,
  attempt: { readonly lane: string; readonly epoch: number },
  fold: Fold,
): Segments {
  const items: Item[] = [];
  const tooLarge: Place[] = [];
  for (const [bucket, groups] of fold.byBucket()) {
    const packing = storing(context.stage, () => pack(context.stage.operator, groups));
    tooLarge.push(...packing.tooLarge);
    items.push(...itemsOf(context, { ...attempt, bucket }, packing));
  }
  return { items, tooLarge };
}

function itemsOf(
  context: StageContext,
  {
    bucket,
    ...attempt
  }: { readonly lane: string; readonly epoch: number; readonly bucket: number },
  { segments }: Packing,
): Item[] {
  return segments.map(({ lastSlot, data }, number) => {
    const key = segmentKey(context.stage.name, bucket, { ...attempt, lastSlot, number });
    return { ...key, data, expires: segmentExpiry(context, lastSlot) };
  });
}

/**
 * Writes that these keys have to be looked at in later slots: segments like any other, with nothing in
 * them. Named by what makes them, so that a firing that comes again writes the same ones.
 */
export async function writeTimers(
  context: StageContext,
  at: { readonly bucket: number; readonly slot: number; readonly chunk: number },
  keysBySlot: ReadonlyMap<number, readonly string[]>,
): Promise<void> {
  const { operator } = context.stage;
  const items = [...keysBySlot].flatMap(([slot, keys]) => {
    const rows = keys.map((key) => ({ key, contribution: operator.create() }));
    const attempt = { bucket: at.bucket, lane: timerLane(at.slot), epoch: at.chunk };
    return itemsOf(context, attempt, pack(operator, [{ slot, rows }]));
  });
  if (items.length > 0) await context.store.putAll('state', items);
}

/** What asks that keys be looked at is no lane that has events; no other lane can be called so. */
const timerLane = (slot: number): string => `timer@${slotText(slot)}`;
const isTimer = (item: Item): boolean => /^timer@[pn]\d+$/.test(parseSegmentKey(item).lane);

/** What all lanes contributed to one closed slot, by key. */
export interface ClosedSlot {
  readonly slot: number;
  readonly rows: ReadonlyMap<string, unknown>;
  /** From here on there are only timers. Not said where it would take a second read to know. */
  readonly onlyTimersLeft: boolean;
}

/** Slots of a bucket that are closed: after the first, up to and including the second. */
export interface Due {
  readonly bucket: number;
  readonly after: number;
  readonly through: number;
}

/**
 * The slots that have visible rows, in order. The stage watermark has passed them, so their rows can
 * no longer change: every lane has committed beyond them, and every earlier attempt is committed or
 * recorded as aborted.
 *
 * Memory holds the slots that one segment can span, not all that are due.
 */
export async function* closedSlots(
  context: StageContext,
  { bucket, after, through }: Due,
  isAborted: IsAborted,
): AsyncGenerator<ClosedSlot> {
  const { stage, store } = context;
  const { segmentSpanMs } = stage.operator;
  const range = segmentRange(stage.name, bucket, after + 1, through + segmentSpanMs);
  const waiting = new Map<number, Map<string, unknown>>();
  let next: string | undefined;
  do {
    const page = await store.query('state', range, next);
    const isAll = next === undefined && page.next === undefined;
    const onlyTimersLeft = isAll && page.items.every(isTimer);
    let reached = after;
    for (const item of page.items) {
      const { lastSlot, lane, epoch } = parseSegmentKey(item);
      reached = lastSlot;
      if (!isAborted(lane, epoch)) merge(context, waiting, item, { bucket, after, through });
    }
    next = page.next;
    // A segment that comes later reaches back by its span at most.
    const complete = next === undefined ? through : reached - segmentSpanMs - 1;
    for (const closed of takeUpTo(waiting, complete)) yield { ...closed, onlyTimersLeft };
  } while (next !== undefined);
}

function merge(
  { stage }: StageContext,
  slots: Map<number, Map<string, unknown>>,
  item: Item,
  { after, through }: Due,
): void {
  const { operator } = stage;
  readSegment(item.data as Uint8Array, operator.codec, (slot, key, contribution) => {
    if (slot <= after || slot > through) return;
    let keys = slots.get(slot);
    if (keys === undefined) {
      keys = new Map();
      slots.set(slot, keys);
    }
    const before = keys.get(key);
    keys.set(key, before === undefined ? contribution : operator.merge(before, contribution));
  });
}

function* takeUpTo(
  slots: Map<number, Map<string, unknown>>,
  last: number,
): Generator<Omit<ClosedSlot, 'onlyTimersLeft'>> {
  const due = [...slots.keys()].filter((slot) => slot <= last).sort((a, b) => a - b);
  for (const slot of due) {
    const rows = slots.get(slot) ?? new Map<string, unknown>();
    slots.delete(slot);
    yield { slot, rows };
  }
}
