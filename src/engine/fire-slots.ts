import type { SlotFiring } from '../operators/operator.ts';
import { slotCovering } from '../time/slot.ts';
import { MIN_TIME } from '../time/watermark.ts';
import type { IsAborted } from './aborted.ts';
import { type Cursor, saveCursor } from './bucket.ts';
import { chunksOf, type Outbox } from './outputs.ts';
import type { StageContext } from './ports.ts';
import { type ClosedSlot, closedSlots, type Due } from './segments.ts';

/** What a firing works on. */
export interface Firing {
  readonly due: Due;
  readonly isAborted: IsAborted;
  readonly outbox: Outbox;
}

/** A firing that may stop in the middle of a slot, and go on there. */
export interface ResumableFiring extends Firing {
  readonly cursor: Cursor | undefined;
  readonly outOfTime: () => boolean;
}

/** A slot was fired; not complete: there was no time for the rest of it, or the sink did not take it. */
export interface Step {
  readonly slot: number;
  readonly isComplete: boolean;
}

/** Fires slots whose results come from contributions alone. Yields each slot when its outputs are in the outbox. */
export async function* fireSlots(
  context: StageContext,
  slotFiring: SlotFiring<unknown>,
  firing: ResumableFiring,
): AsyncGenerator<Step> {
  for await (const { slot, recent } of dueSlots(context, slotFiring, firing)) {
    yield { slot, isComplete: await fireChunks(context, slotFiring, firing, slot, byKey(recent)) };
  }
}

/** False if there was no time for all of them; the cursor then says where to go on. */
async function fireChunks(
  context: StageContext,
  { results }: SlotFiring<unknown>,
  { due, outbox, cursor, outOfTime }: ResumableFiring,
  slot: number,
  parts: ReadonlyMap<string, unknown[]>,
): Promise<boolean> {
  const { stage } = context;
  let written = cursor?.slot === slot ? cursor.chunk : 0;
  const resumed = written;
  try {
    for (const { chunk, keys } of chunksOf(context, parts.keys())) {
      if (chunk < resumed) continue;
      if (written > resumed && outOfTime()) {
        await saveCursor(context, due.bucket, { slot, chunk: written });
        return false;
      }
      const at = { stage: stage.name, bucket: due.bucket, slot, chunk };
      await outbox.add(
        at,
        keys.map((key) => [key, results(parts.get(key) ?? [], slot, stage.resolutionMs)]),
      );
      if (outbox.isEmpty) written = chunk + 1;
    }
    // While the cursor is at hand: after this, a failure would begin the slot anew.
    if (written > resumed) await outbox.write();
    return true;
  } catch (error) {
    const progress = { slot, chunk: written };
    if (written > resumed) await saveCursor(context, due.bucket, progress).catch(() => undefined);
    throw error;
  }
}

interface DueSlot {
  readonly slot: number;
  /** This slot and those that it looks back to, as far as they have rows. */
  readonly recent: readonly ClosedSlot[];
}

/**
 * The slots at which there is something to tell: of those with rows, and of those that still look back
 * to some. Slots that were fired before are read again for the ones that look back to them.
 */
async function* dueSlots(
  context: StageContext,
  { nextLook }: SlotFiring<unknown>,
  { due: { bucket, after, through }, isAborted }: Pick<Firing, 'due' | 'isAborted'>,
): AsyncGenerator<DueSlot> {
  const { resolutionMs, operator } = context.stage;
  const backMs = Math.ceil(operator.lookBackMs / resolutionMs) * resolutionMs;
  const readable = { bucket, after: Math.max(after - backMs, MIN_TIME), through };
  let recent: ClosedSlot[] = [];
  let last = after;
  const tellingAfter = (slot: number): number => slotCovering(nextLook(slot), resolutionMs);
  function* until(end: number): Generator<DueSlot> {
    for (let slot = tellingAfter(last); slot <= end; slot = tellingAfter(slot)) {
      recent = recent.filter((one) => one.slot >= slot - backMs);
      if (recent.length === 0) return;
      yield { slot, recent };
    }
  }
  for await (const closed of closedSlots(context, readable, isAborted)) {
    const { slot } = closed;
    yield* until(slot - resolutionMs);
    recent = [...recent.filter((one) => one.slot >= slot - backMs), closed];
    if (slot <= after) continue;
    if (tellingAfter(slot - resolutionMs) === slot) yield { slot, recent };
    last = slot;
  }
  yield* until(through);
}

function byKey(slots: readonly ClosedSlot[]): Map<string, unknown[]> {
  const parts = new Map<string, unknown[]>();
  for (const { rows } of slots) {
    for (const [key, contribution] of rows) {
      const of = parts.get(key);
      if (of) of.push(contribution);
      else parts.set(key, [contribution]);
    }
  }
  return parts;
}
