import type { Output } from '../sinks/sink.ts';
import { slotText } from '../time/slot.ts';
import { commitFired, readBucket } from './bucket.ts';
import { checkMeta } from './meta.ts';
import type { StageContext } from './ports.ts';
import { closedSlots, type SlotRows } from './segments.ts';

/** `unfinished`: slots are due that there was no time for. */
export type Fired = 'done' | 'unfinished';

/** So many outputs go to the sink together, and are repeated by a crash at most; a commit costs a write. */
const WRITTEN_TOGETHER = 500;

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
  const outbox = new Outbox(context, bucket);
  for await (const { slot, rows } of closedSlots(context, bucket, firedThrough, target)) {
    if (outOfTime()) {
      await outbox.commit();
      return 'unfinished';
    }
    for (const chunk of chunksOf(context, bucket, slot, rows)) await outbox.add(chunk);
    await outbox.complete(slot);
  }
  await outbox.complete(target);
  await outbox.commit();
  return 'done';
}

/** Collects the outputs of slots in order; commits a slot only when all of its outputs are written. */
class Outbox {
  readonly #context: StageContext;
  readonly #bucket: number;
  #outputs: Output[] = [];
  #written = 0;
  #fired: number | undefined;

  constructor(context: StageContext, bucket: number) {
    this.#context = context;
    this.#bucket = bucket;
  }

  async add(outputs: readonly Output[]): Promise<void> {
    this.#outputs.push(...outputs);
    if (this.#outputs.length >= WRITTEN_TOGETHER) await this.#write();
  }

  async complete(slot: number): Promise<void> {
    this.#fired = slot;
    if (this.#written >= WRITTEN_TOGETHER) await this.commit();
  }

  async commit(): Promise<void> {
    if (this.#fired === undefined) return;
    await this.#write();
    await commitFired(this.#context, this.#bucket, this.#fired);
    const { stage, observe } = this.#context;
    const told = { stage: stage.name, bucket: this.#bucket, through: this.#fired };
    observe({ kind: 'fired', ...told, outputs: this.#written });
    this.#written = 0;
    this.#fired = undefined;
  }

  async #write(): Promise<void> {
    if (this.#outputs.length > 0) await this.#context.sink.write(this.#outputs);
    this.#written += this.#outputs.length;
    this.#outputs = [];
  }
}

/** The results of one slot, in chunks of keys in key order: the same ones at every firing. */
function* chunksOf(
  context: StageContext,
  bucket: number,
  slot: number,
  rows: SlotRows,
): Generator<Output[]> {
  const { stage } = context;
  const keys = [...rows.keys()].sort();
  for (let from = 0, chunk = 0; from < keys.length; from += stage.keysPerChunk, chunk++) {
    const at = { stage: stage.name, bucket, slot, chunk };
    yield keys
      .slice(from, from + stage.keysPerChunk)
      .flatMap((key) => outputsOf(context, at, key, rows.get(key) ?? new Map()));
  }
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
