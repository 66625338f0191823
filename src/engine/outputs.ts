import type { Output } from '../sinks/sink.ts';
import { advanceStage } from './advance.ts';
import { commitFired } from './bucket.ts';
import { both, NOTHING, type Onward, onward } from './onward.ts';
import { type At, outputsOf, type Telling, type Told, writeEach } from './outlets.ts';
import type { StageContext } from './ports.ts';
import { complaintOf, letterOf } from './refused.ts';
import { timed } from './timed.ts';

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

/** What else is to be written before slots are fired for good, once their outputs are out. */
export interface Deferred {
  /** Enough to write it now. */
  readonly isMuch: boolean;
  write(): Promise<void>;
}

/** No stage can be named so. */
const TABLES = '(tables)';

/**
 * Collects what slots tell, in order, for the sinks and for the stages that read it; commits a slot
 * only when all of it is written.
 */
export class Outbox {
  readonly bucket: number;

  readonly #context: StageContext;
  /** Wall time at which the first of what is fired was closed, ms. */
  readonly #closedAt: number | undefined;
  #outputs: Output[][];
  #onward: Onward = NOTHING;
  #waiting = 0;
  #written = 0;
  #fired: number | undefined;
  /** Since the last commit. */
  #slots: number[] = [];
  #letters = 0;
  #deferred: Deferred | undefined;

  constructor(context: StageContext, bucket: number, closedAt: number | undefined) {
    this.#context = context;
    this.bucket = bucket;
    this.#closedAt = closedAt;
    this.#outputs = context.outlets.map(() => []);
  }

  /** Takes what has to be written after outputs. */
  keep(deferred: Deferred): void {
    this.#deferred = deferred;
  }

  /** Nothing waits to be written. */
  get isEmpty(): boolean {
    return this.#waiting === 0;
  }

  /** Takes what a chunk of keys tells in a slot: all of it, as it is named by the chunk. */
  async add(at: At, told: readonly Told[]): Promise<void> {
    const { outlets, after, stage } = this.#context;
    const { operator } = stage;
    const refuse = this.#refusing(at);
    for (const [n, outlet] of outlets.entries()) {
      const outputs = this.#outputs[n] as Output[];
      for (const one of told) {
        for (const output of outputsOf({ outlet, operator, at, refuse }, one)) outputs.push(output);
      }
    }
    if (after.length > 0) this.#onward = both(this.#onward, onward(this.#context, at, told));
    for (const [, results] of told) this.#waiting += results.length;
    if (this.#waiting >= WRITTEN_TOGETHER) await this.write();
  }

  /** Makes dead letters of the results of a chunk that tables refuse. */
  #refusing(at: At): Telling['refuse'] {
    let index = 0;
    return (key, result, error) => {
      const complaint = complaintOf(error);
      const refused = { reader: TABLES, index: index++, key, result, complaint };
      const letters = [letterOf(this.#context, at, refused)];
      this.#onward = both(this.#onward, { items: [], letters });
    };
  }

  /** A slot is fired that there was something in. */
  async complete(slot: number): Promise<void> {
    this.#slots.push(slot);
    await this.reach(slot);
  }

  /** There is nothing more up to here. */
  async reach(slot: number): Promise<void> {
    this.#fired = slot;
    const isMuch = this.#written >= WRITTEN_TOGETHER && this.#context.bounded === undefined;
    if (isMuch || this.#deferred?.isMuch) await this.commit();
  }

  async write(): Promise<void> {
    if (this.#waiting === 0) return;
    const { outlets } = this.#context;
    await timed(this.#context, 'emit', () => this.#writeAll());
    this.#letters += this.#onward.letters.length;
    this.#written += this.#waiting;
    this.#waiting = 0;
    this.#outputs = outlets.map(() => []);
    this.#onward = NOTHING;
  }

  async #writeAll(): Promise<void> {
    const { outlets, store, deadLetters } = this.#context;
    const { items, letters } = this.#onward;
    await writeEach(outlets, this.#outputs);
    if (items.length > 0) await store.putAll('state', items);
    if (letters.length > 0) await deadLetters.write(letters);
  }

  async commit(): Promise<void> {
    if (this.#fired === undefined) return;
    await this.write();
    await this.#deferred?.write();
    await commitFired(this.#context, this.bucket, this.#fired);
    this.#tell(this.#fired);
    this.#fired = undefined;
    for (const next of this.#context.after) await advanceStage(next);
  }

  #tell(through: number): void {
    const { stage, observe, clock } = this.#context;
    observe({
      kind: 'fired',
      stage: stage.name,
      bucket: this.bucket,
      through,
      slots: this.#slots,
      outputs: this.#written,
      deadLetters: this.#letters,
      at: clock(),
      closedAt: this.#closedAt,
    });
    this.#written = 0;
    this.#letters = 0;
    this.#slots = [];
  }
}
