import type { Result } from '../operators/operator.ts';
import type { Output } from '../sinks/sink.ts';
import { slotText } from '../time/slot.ts';
import { commitFired } from './bucket.ts';
import type { StageContext } from './ports.ts';

/** Where an output comes from. */
export type At = Pick<Output, 'stage' | 'bucket' | 'slot' | 'chunk'>;

/** Gives the results of a key in a slot their identity. */
export const outputsOf = (at: At, key: string, results: readonly Result[]): Output[] =>
  results.map((result, index) =>
    // What a final result does not have costs nothing.
    result.final
      ? outputOf(at, key, result, index)
      : { ...outputOf(at, key, result, index), ...result },
  );

/** Field by field: copied in bulk, this object costs as much as all the rest of a firing. */
const outputOf = (at: At, key: string, result: Result, index: number): Output => ({
  stage: at.stage,
  bucket: at.bucket,
  slot: at.slot,
  chunk: at.chunk,
  key,
  index,
  windowStart: result.windowStart,
  windowEnd: result.windowEnd,
  value: result.value,
  revision: result.revision,
  final: result.final,
  // Bucket and key are the row's own: the slot and the index order what is written to one row.
  position: `${slotText(at.slot)}#${String(index).padStart(4, '0')}`,
});

/** Keys in the order and the groups in which they are worked on: the same ones at every firing. */
export function* chunksOf(
  { stage }: StageContext,
  keys: Iterable<string>,
): Generator<{ readonly chunk: number; readonly keys: readonly string[] }> {
  const sorted = [...keys].sort();
  for (let from = 0, chunk = 0; from < sorted.length; from += stage.keysPerChunk, chunk++) {
    yield { chunk, keys: sorted.slice(from, from + stage.keysPerChunk) };
  }
}

/** So many outputs go to the sink together, and are repeated by a crash at most; a commit costs a write. */
const WRITTEN_TOGETHER = 500;

/** Collects the outputs of slots in order; commits a slot only when all of its outputs are written. */
export class Outbox {
  readonly #context: StageContext;
  readonly #bucket: number;
  #outputs: Output[] = [];
  #written = 0;
  #fired: number | undefined;

  constructor(context: StageContext, bucket: number) {
    this.#context = context;
    this.#bucket = bucket;
  }

  /** Nothing waits to be written. */
  get isEmpty(): boolean {
    return this.#outputs.length === 0;
  }

  async add(outputs: readonly Output[]): Promise<void> {
    for (const output of outputs) this.#outputs.push(output);
    if (this.#outputs.length >= WRITTEN_TOGETHER) await this.write();
  }

  async complete(slot: number): Promise<void> {
    this.#fired = slot;
    if (this.#written >= WRITTEN_TOGETHER) await this.commit();
  }

  async write(): Promise<void> {
    if (this.#outputs.length > 0) await this.#context.sink.write(this.#outputs);
    this.#written += this.#outputs.length;
    this.#outputs = [];
  }

  async commit(): Promise<void> {
    if (this.#fired === undefined) return;
    await this.write();
    await commitFired(this.#context, this.#bucket, this.#fired);
    const { stage, observe } = this.#context;
    const told = { stage: stage.name, bucket: this.#bucket, through: this.#fired };
    observe({ kind: 'fired', ...told, outputs: this.#written });
    this.#written = 0;
    this.#fired = undefined;
  }
}
