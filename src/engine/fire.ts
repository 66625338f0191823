import type { Output } from '../sinks/sink.ts';
import { slotText } from '../time/slot.ts';
import { commitFired, readBucket } from './bucket.ts';
import { checkMeta } from './meta.ts';
import type { StageContext } from './ports.ts';
import { closedSlots, type SlotRows } from './segments.ts';

/** `unfinished`: slots are due that there was no time for. */
export type Fired = 'done' | 'unfinished';

/** Outputs between two commits: a crash repeats at most so many, a commit costs a write. */
const COMMIT_EVERY = 500;

/**
 * Fires the slots of a bucket that are closed and not yet fired. Neither claim nor fence: what comes
 * out is a function of the closed slots alone, so firing again, or twice at once, writes the same
 * outputs with the same identity.
 */
export async function fire(
  context: StageContext,
  bucket: number,
  outOfTime: () => boolean,
): Promise<Fired> {
  await checkMeta(context);
  const { target, firedThrough } = await readBucket(context, bucket);
  if (firedThrough >= target) return 'done';
  let uncommitted = 0;
  let fired = firedThrough;
  for await (const { slot, rows } of closedSlots(context, bucket, firedThrough, target)) {
    if (outOfTime()) {
      if (uncommitted > 0) await commitFired(context, bucket, fired);
      return 'unfinished';
    }
    uncommitted += await fireSlot(context, bucket, slot, rows);
    fired = slot;
    if (uncommitted < COMMIT_EVERY) continue;
    await commitFired(context, bucket, fired);
    uncommitted = 0;
  }
  await commitFired(context, bucket, target);
  return 'done';
}

/** Writes the results of one slot, chunk by chunk of keys in key order. Returns how many. */
async function fireSlot(
  context: StageContext,
  bucket: number,
  slot: number,
  rows: SlotRows,
): Promise<number> {
  const { stage, sink, observe } = context;
  const keys = [...rows.keys()].sort();
  let outputs = 0;
  for (let from = 0, chunk = 0; from < keys.length; from += stage.keysPerChunk, chunk++) {
    const at = { stage: stage.name, bucket, slot, chunk };
    const written = keys
      .slice(from, from + stage.keysPerChunk)
      .flatMap((key) => outputsOf(context, at, key, rows.get(key) ?? new Map()));
    await sink.write(written);
    outputs += written.length;
  }
  observe({ kind: 'fired', stage: stage.name, bucket, slot, outputs });
  return outputs;
}

type At = Pick<Output, 'stage' | 'bucket' | 'slot' | 'chunk'>;

function outputsOf(
  { stage }: StageContext,
  at: At,
  key: string,
  windows: ReadonlyMap<number, unknown>,
): Output[] {
  const ends = [...windows.keys()].sort((a, b) => a - b);
  return ends.map((windowEnd, index) => ({
    ...at,
    key,
    index,
    windowStart: windowEnd - stage.window.sizeMs,
    windowEnd,
    value: stage.aggregate.finish(windows.get(windowEnd)),
    revision: 0,
    final: true,
    // Bucket and key are the row's own: the slot and the index order what is written to one row.
    position: `${slotText(at.slot)}#${index}`,
  }));
}
