import type { Operator } from '../operators/operator.ts';
import { readSegment } from '../schema/segment.ts';
import type { Item } from '../store/store.ts';
import { slotText } from '../time/slot.ts';
import type { IsAborted } from './aborted.ts';
import type { Place } from './cuts.ts';
import type { Fold } from './fold.ts';
import { parseSegmentKey, segmentKey, segmentRange } from './keys.ts';
import { type Packing, type PackOptions, pack } from './packing.ts';
import type { StageContext } from './ports.ts';
import { segmentExpiry } from './retention.ts';
import { storing } from './storing.ts';
import { WaitingSlots } from './waiting-slots.ts';

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
  const packed = packedIn(context);
  const items: Item[] = [];
  const tooLarge: Place[] = [];
  for (const [bucket, groups] of fold.byBucket()) {
    const packing = storing(context.stage, () => pack(context.stage.operator, groups, packed));
    tooLarge.push(...packing.tooLarge);
    items.push(...itemsOf(context, { ...attempt, bucket }, packing));
  }
  return { items, tooLarge };
}

const packedIn = ({ bounded }: StageContext): PackOptions => ({
  isShortLived: bounded !== undefined,
});

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
 * That these keys have to be looked at in later slots: segments like any other, with nothing in them. Named
 * by what makes them, so that a firing that comes again writes the same ones.
 */
export function timerItems(
  context: StageContext,
  at: { readonly bucket: number; readonly slot: number; readonly chunk: number },
  keysBySlot: KeysBySlot,
): Item[] {
  const { operator } = context.stage;
  const packed = packedIn(context);
  return [...keysBySlot].flatMap(([slot, keys]) => {
    const rows = keys.map((key) => ({ key, contribution: operator.create() }));
    const attempt = { bucket: at.bucket, lane: timerLane(at.slot), epoch: at.chunk };
    return itemsOf(context, attempt, pack(operator, [{ slot, rows }], packed));
  });
}

/** Keys that have to be looked at, by slot. */
export type KeysBySlot = ReadonlyMap<number, readonly string[]>;

/** What asks that keys be looked at is no lane that has events; no other lane can be called so. */
const timerLane = (slot: number): string => `timer@${slotText(slot)}`;
const isTimer = (lane: string): boolean => /^timer@[pn]\d+$/.test(lane);

/** What all lanes contributed to one closed slot, by key. */
export interface ClosedSlot {
  readonly slot: number;
  readonly rows: ReadonlyMap<string, unknown>;
  /** From here on there are only timers. Not said before all is read. */
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
 * recorded as aborted. Only firing one can add to those that follow: who does so hands the keys to `next`.
 *
 * Memory holds the slots that one segment can span, not all that are due.
 */
export async function* closedSlots(
  context: StageContext,
  { bucket, after, through }: Due,
  isAborted: IsAborted,
): AsyncGenerator<ClosedSlot, void, KeysBySlot | undefined> {
  const { stage, store } = context;
  const { operator } = stage;
  const range = segmentRange(stage.name, bucket, after + 1, through + operator.segmentSpanMs);
  const waiting = new WaitingSlots(operator);
  let lastInput = after;
  let next: string | undefined;
  do {
    const page = await store.query('state', range, next);
    let reached = after;
    for (const item of page.items) {
      const { lastSlot, lane, epoch } = parseSegmentKey(item);
      reached = lastSlot;
      if (!isTimer(lane)) lastInput = lastSlot;
      if (!isAborted(lane, epoch)) merge(operator, waiting, item, { bucket, after, through });
    }
    next = page.next;
    const isAll = next === undefined;
    // A segment that comes later reaches back by its span at most.
    const complete = isAll ? through : reached - operator.segmentSpanMs - 1;
    for (let one = waiting.take(complete); one !== undefined; one = waiting.take(complete)) {
      const woken = yield { ...one, onlyTimersLeft: isAll && lastInput < one.slot };
      // Read again when its turn comes, it says no more than that.
      for (const [slot, keys] of woken ?? NOBODY) if (slot <= through) waiting.wake(slot, keys);
    }
  } while (next !== undefined);
}

const NOBODY: KeysBySlot = new Map();

function merge(
  { codec }: Operator,
  waiting: WaitingSlots,
  item: Item,
  { after, through }: Due,
): void {
  readSegment(item.data as Uint8Array, codec, (slot, key, contribution) => {
    if (slot > after && slot <= through) waiting.add(slot, key, contribution);
  });
}
