import type { SlotFiring } from '../operators/operator.ts';
import { MIN_TIME } from '../time/watermark.ts';
import type { IsAborted } from './aborted.ts';
import { chunksOf, type Outbox, outputsOf } from './outputs.ts';
import type { StageContext } from './ports.ts';
import { type ClosedSlot, closedSlots, type Due } from './segments.ts';

/** What a firing works on. */
export interface Firing {
  readonly due: Due;
  readonly isAborted: IsAborted;
  readonly outbox: Outbox;
}

/** Fires slots whose results come from contributions alone. Yields each slot when its outputs are in the outbox. */
export async function* fireSlots(
  context: StageContext,
  { results }: SlotFiring<unknown>,
  { due, isAborted, outbox }: Firing,
): AsyncGenerator<number> {
  const { stage } = context;
  for await (const { slot, recent } of dueSlots(context, due, isAborted)) {
    const parts = byKey(recent);
    for (const { chunk, keys } of chunksOf(context, parts.keys())) {
      const at = { stage: stage.name, bucket: due.bucket, slot, chunk };
      await outbox.add(
        keys.flatMap((key) =>
          outputsOf(at, key, results(parts.get(key) ?? [], slot, stage.resolutionMs)),
        ),
      );
    }
    yield slot;
  }
}

interface DueSlot {
  readonly slot: number;
  /** This slot and those that it looks back to, as far as they have rows. */
  readonly recent: readonly ClosedSlot[];
}

/**
 * The slots at which there is something to look at: those with rows, and those that still look back
 * to some. Slots that were fired before are read again for the ones that look back to them.
 */
async function* dueSlots(
  context: StageContext,
  { bucket, after, through }: Due,
  isAborted: IsAborted,
): AsyncGenerator<DueSlot> {
  const { resolutionMs, operator } = context.stage;
  const backMs = Math.ceil(operator.lookBackMs / resolutionMs) * resolutionMs;
  const readable = { bucket, after: Math.max(after - backMs, MIN_TIME), through };
  let recent: ClosedSlot[] = [];
  let last = after;
  function* until(end: number): Generator<DueSlot> {
    for (let slot = last + resolutionMs; slot <= end; slot += resolutionMs) {
      recent = recent.filter((one) => one.slot >= slot - backMs);
      if (recent.length === 0) return;
      yield { slot, recent };
    }
  }
  for await (const closed of closedSlots(context, readable, isAborted)) {
    yield* until(closed.slot - resolutionMs);
    recent = [...recent.filter((one) => one.slot >= closed.slot - backMs), closed];
    if (closed.slot <= after) continue;
    yield { slot: closed.slot, recent };
    last = closed.slot;
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
