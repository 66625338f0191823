import { invariant } from '../invariant.ts';
import { readSegment, SegmentWriter } from '../schema/segment.ts';
import type { Item } from '../store/store.ts';
import { readAborted } from './aborted.ts';
import type { Fold, Group } from './fold.ts';
import { parseSegmentKey, segmentKey, segmentRange } from './keys.ts';
import type { StageContext } from './ports.ts';
import { expiry } from './retention.ts';

/** The most that one segment may take; an item of a DynamoDB table holds 400 KB. */
const SEGMENT_MAX = 256 * 1024;
/** A segment is closed above this, before compression: another piece of long keys still fits in. */
const CLOSED_ABOVE = 96 * 1024;
const PIECE_ROWS = 128;
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
  const expires = expiry(context, 'segment');
  const items: Item[] = [];
  for (const [bucket, groups] of fold.byBucket()) {
    for (const [number, { lastSlot, data }] of pack(context, groups).entries()) {
      const segment = { ...attempt, lastSlot, number };
      items.push({ ...segmentKey(context.stage.name, bucket, segment), data, expires });
    }
  }
  if (items.length > 0) await context.store.putAll('state', items);
  return items.length;
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
  let writer = new SegmentWriter(stage.aggregate.codec);
  let firstSlot = 0;
  let lastSlot = 0;
  const close = (): void => {
    if (writer.size === 0) return;
    const data = writer.finish();
    invariant(data.length <= SEGMENT_MAX, `a segment of ${data.length} bytes`);
    packed.push({ lastSlot, data });
    writer = new SegmentWriter(stage.aggregate.codec);
  };
  for (const { slot, windowEnd, rows } of groups.flatMap(inPieces)) {
    const sameSlot = slot === lastSlot;
    const tooFar = slot - firstSlot > stage.segmentSpanMs;
    const tooMuch = writer.size > (sameSlot ? CLOSED_ABOVE : SHARED_BELOW);
    if (tooFar || tooMuch) close();
    if (writer.size === 0) firstSlot = slot;
    lastSlot = slot;
    writer.group(slot, windowEnd, rows);
  }
  close();
  return packed;
}

function inPieces(group: Group): Group[] {
  const pieces: Group[] = [];
  for (let from = 0; from < group.rows.length; from += PIECE_ROWS) {
    pieces.push({ ...group, rows: group.rows.slice(from, from + PIECE_ROWS) });
  }
  return pieces;
}

/** What all lanes contributed to one closed slot: partial accumulators by key and window end. */
export type SlotRows = Map<string, Map<number, unknown>>;

/**
 * The slots after `after`, up to and including `through`, that have visible rows, in order. The
 * stage watermark has passed them, so their rows can no longer change: every lane has committed
 * beyond them, and every earlier attempt is committed or recorded as aborted.
 *
 * Memory holds the slots that one segment can span, not all that are due.
 */
export async function* closedSlots(
  context: StageContext,
  bucket: number,
  after: number,
  through: number,
): AsyncGenerator<{ readonly slot: number; readonly rows: SlotRows }> {
  const { stage, store } = context;
  const isAborted = await readAborted(context);
  const range = segmentRange(stage.name, bucket, after + 1, through + stage.segmentSpanMs);
  const waiting = new Map<number, SlotRows>();
  let next: string | undefined;
  do {
    const page = await store.query('state', range, next);
    let reached = after;
    for (const item of page.items) {
      const { lastSlot, lane, epoch } = parseSegmentKey(item);
      reached = lastSlot;
      if (!isAborted(lane, epoch)) merge(context, waiting, item, after, through);
    }
    next = page.next;
    // A segment that comes later reaches back by its span at most.
    yield* takeUpTo(waiting, next === undefined ? through : reached - stage.segmentSpanMs - 1);
  } while (next !== undefined);
}

function merge(
  { stage }: StageContext,
  slots: Map<number, SlotRows>,
  item: Item,
  after: number,
  through: number,
): void {
  const { aggregate } = stage;
  readSegment(item.data as Uint8Array, aggregate.codec, (slot, windowEnd, key, accumulator) => {
    if (slot <= after || slot > through) return;
    const windows = getOrAdd(getOrAdd(slots, slot), key);
    const before = windows.get(windowEnd);
    const merged = before === undefined ? accumulator : aggregate.merge(before, accumulator);
    windows.set(windowEnd, merged);
  });
}

function* takeUpTo(slots: Map<number, SlotRows>, last: number) {
  const due = [...slots.keys()].filter((slot) => slot <= last).sort((a, b) => a - b);
  for (const slot of due) {
    const rows = slots.get(slot) as SlotRows;
    slots.delete(slot);
    yield { slot, rows };
  }
}

function getOrAdd<K, InnerK, V>(maps: Map<K, Map<InnerK, V>>, key: K): Map<InnerK, V> {
  let map = maps.get(key);
  if (map === undefined) {
    map = new Map();
    maps.set(key, map);
  }
  return map;
}
