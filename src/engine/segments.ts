import { invariant } from '../invariant.ts';
import { readSegment, SegmentWriter } from '../schema/segment.ts';
import type { Item } from '../store/store.ts';
import { slotText } from '../time/slot.ts';
import type { IsAborted } from './aborted.ts';
import type { Fold, Group } from './fold.ts';
import { parseSegmentKey, segmentKey, segmentRange } from './keys.ts';
import type { StageContext } from './ports.ts';
import { segmentExpiry } from './retention.ts';

/** The most that one segment may take; an item of a DynamoDB table holds 400 KB. */
const SEGMENT_MAX = 256 * 1024;
/** A segment is closed above this, before compression: a row that is already begun still fits in. */
const CLOSED_ABOVE = 96 * 1024;
/**
 * Smaller ones also take the rows of the next slots: a write costs the same up to 1 KB, and a read
 * up to 4 KB (DynamoDB developer guide, read and write operations), so a batch that touches many
 * windows with few rows each pays for bytes, not for windows.
 */
const SHARED_BELOW = 4 * 1024;

/** Writes the contributions of an attempt; they stay invisible until it commits. Returns how many segments. */
export async function writeSegments(
  context: StageContext,
  attempt: { readonly lane: string; readonly epoch: number },
  fold: Fold,
): Promise<number> {
  const items = segmentItems(context, attempt, fold);
  if (items.length > 0) await context.store.putAll('state', items);
  return items.length;
}

/** Contributions as the items that they are stored as, named by the attempt that made them. */
export function segmentItems(
  context: StageContext,
  attempt: { readonly lane: string; readonly epoch: number },
  fold: Fold,
): Item[] {
  const items: Item[] = [];
  for (const [bucket, groups] of fold.byBucket()) {
    for (const [number, { lastSlot, data }] of pack(context, groups).entries()) {
      const segment = { ...attempt, lastSlot, number };
      const expires = segmentExpiry(context, lastSlot);
      items.push({ ...segmentKey(context.stage.name, bucket, segment), data, expires });
    }
  }
  return items;
}

interface Packed {
  readonly lastSlot: number;
  readonly data: Uint8Array;
}

/**
 * Cuts the groups of one bucket, in order of slot, into segments. A segment spans at most
 * `segmentSpanMs`, and is filed under its last slot: firing finds it for as long as any of its rows
 * is due, and no longer.
 */
function pack({ stage }: StageContext, groups: readonly Group[]): Packed[] {
  const packed: Packed[] = [];
  const { codec, segmentSpanMs } = stage.operator;
  let writer = new SegmentWriter(codec);
  let firstSlot = 0;
  let lastSlot = 0;
  const close = (): void => {
    if (writer.size === 0) return;
    const data = writer.finish();
    invariant(data.length <= SEGMENT_MAX, `a segment of ${data.length} bytes`);
    packed.push({ lastSlot, data });
    writer = new SegmentWriter(codec);
  };
  const write = (slot: number, rows: Group['rows']): number => {
    const sameSlot = slot === lastSlot;
    const tooFar = slot - firstSlot > segmentSpanMs;
    const tooMuch = writer.size > (sameSlot ? CLOSED_ABOVE : SHARED_BELOW);
    if (tooFar || tooMuch) close();
    if (writer.size === 0) firstSlot = slot;
    lastSlot = slot;
    return writer.group(slot, rows, CLOSED_ABOVE);
  };
  for (const { slot, rows } of groups) {
    for (let from = 0; from < rows.length; ) from += write(slot, rows.slice(from));
  }
  close();
  return packed;
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
  const { operator, name } = context.stage;
  const items = [...keysBySlot].map(([slot, keys]): Item => {
    const writer = new SegmentWriter(operator.codec);
    writer.group(
      slot,
      keys.map((key) => ({ key, contribution: operator.create() })),
    );
    const lane = timerLane(at.slot);
    const segment = { lastSlot: slot, lane, epoch: 0, number: at.chunk };
    const expires = segmentExpiry(context, slot);
    return { ...segmentKey(name, at.bucket, segment), data: writer.finish(), expires };
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
