import { LimitError } from '../errors.ts';
import type { Fired, KeyedFiring } from '../operators/operator.ts';
import { eachInParallel } from '../parallel.ts';
import { ByteReader, ByteWriter } from '../schema/bytes.ts';
import type { Item } from '../store/store.ts';
import { MIN_TIME } from '../time/watermark.ts';
import { keyedStateKey } from './keys.ts';
import type { StageContext } from './ports.ts';
import { abortedExpiry } from './retention.ts';
import { storing } from './storing.ts';

/** What a key remembers. */
export interface StoredState {
  /** The slot whose firing wrote it. */
  readonly at: number;
  readonly state: unknown;
}

/** A DynamoDB item holds 400 KB; the rest is for its key and its other attributes. */
const STATE_BYTES_MAX = 390 * 1024;
/** How many states are written at a time. */
const WRITES_AT_ONCE = 16;
/** DynamoDB passes over times that lie more than five years back: this never expires. */
const NEVER = 0;
/** So many new ones are written at once, well within the time that an invocation keeps for its end. */
const NEW_MAX = 200;
const KNOWN_MAX = 10_000;
/** About what a state takes in memory beside its own bytes. */
const STATE_OVERHEAD = 200;

/** A state that is known: as it is where it never changes, and else as bytes, empty for none. */
interface Known extends StoredState {
  readonly data: Uint8Array | undefined;
  /** About what it takes in memory. */
  readonly bytes: number;
}

/** States that a slot has made, by key. */
export type NextStates = ReadonlyMap<string, Known>;

/**
 * The states of one firing of a bucket: each is read once, and written when the firing stops, however many
 * slots it went through. A state that somebody else wrote in the meantime says the same of the same slot.
 */
export class KeyedStates {
  readonly #context: StageContext;
  readonly #firing: KeyedFiring<unknown, unknown>;
  readonly #known = new Map<string, Known>();
  readonly #new = new Set<string>();
  readonly #writer = new ByteWriter();
  #bytes = 0;

  constructor(context: StageContext, firing: KeyedFiring<unknown, unknown>) {
    this.#context = context;
    this.#firing = firing;
  }

  /** There is enough to write. */
  get areMany(): boolean {
    const { bounded } = this.#context;
    return bounded ? this.#bytes > bounded.heldBytesMax : this.#new.size >= NEW_MAX;
  }

  /** Makes the states of keys known. */
  async learn(keys: readonly string[]): Promise<void> {
    const unknown = keys.filter((key) => !this.#known.has(key));
    if (unknown.length === 0) return;
    const { store, stage } = this.#context;
    const items = await store.getAll(
      'state',
      unknown.map((key) => keyedStateKey(stage.name, key)),
    );
    for (const [n, key] of unknown.entries()) this.#put(key, this.#read(items[n]));
  }

  /** Of a key that is known. One that may be changed belongs to whoever asked: each call gives another. */
  of(key: string): StoredState {
    const known = this.#known.get(key) as Known;
    const { at, data } = known;
    return data === undefined || data.length === 0 ? known : { at, state: this.#decoded(data, at) };
  }

  /** The slot that the state of a key is of, as far as that is known. */
  firedAt(key: string): number {
    return this.#known.get(key)?.at ?? NOTHING_KNOWN.at;
  }

  /**
   * What a slot has made, as `set` takes it.
   *
   * @throws LimitError, NotStorableError: of the stage, with neither key nor value
   */
  checked(slot: number, fired: ReadonlyMap<string, Fired<unknown>>): NextStates {
    const next = new Map<string, Known>();
    for (const [key, { state }] of fired) next.set(key, this.#checked(slot, state));
    return next;
  }

  /** Takes the states that a slot has made. */
  set(next: NextStates): void {
    for (const [key, state] of next) {
      this.#put(key, state);
      this.#new.add(key);
    }
  }

  /** What a key has no more of stays as an empty state: it carries the slot, and so keeps an old firing out. */
  async write(): Promise<void> {
    const { store, bounded } = this.#context;
    const keys = [...this.#new];
    if (bounded) {
      const items = keys.map((key) => this.#item(key));
      if (items.length > 0) await store.putAll('state', items);
    } else {
      await eachInParallel(keys, WRITES_AT_ONCE, async (key) => {
        const { pk, sk, ...set } = this.#item(key);
        await store.update('state', { pk, sk }, { set }, { below: { at: set.at } });
      });
    }
    this.#new.clear();
    if (this.#known.size > KNOWN_MAX || this.areMany) this.forget();
  }

  #item(key: string) {
    const { at, state, data = this.#encoded(at, state).slice() } = this.#known.get(key) as Known;
    const expires = data.length === 0 ? abortedExpiry(this.#context) : NEVER;
    return { ...keyedStateKey(this.#context.stage.name, key), data, at, expires };
  }

  /** As if no slot had been fired. */
  forget(): void {
    this.#known.clear();
    this.#new.clear();
    this.#bytes = 0;
  }

  #put(key: string, known: Known): void {
    this.#bytes += known.bytes - (this.#known.get(key)?.bytes ?? 0);
    this.#known.set(key, known);
  }

  #read(item: Item | undefined): Known {
    if (item === undefined) return NOTHING_KNOWN;
    const at = Number(item.at);
    const data = item.data as Uint8Array;
    if (data.length === 0) return nothingAt(at);
    const { stateBytesMax } = this.#firing;
    if (stateBytesMax === undefined) return asBytes(at, data);
    const state = this.#decoded(data, at);
    return asItIs(at, state, stateBytesMax(state));
  }

  #checked(at: number, state: unknown): Known {
    if (state === undefined) return nothingAt(at);
    const { stateBytesMax } = this.#firing;
    if (stateBytesMax === undefined) return asBytes(at, this.#encoded(at, state).slice());
    const bytesMax = stateBytesMax(state);
    if (bytesMax > STATE_BYTES_MAX) this.#encoded(at, state);
    return asItIs(at, state, bytesMax);
  }

  /** Until the next one is. */
  #encoded(at: number, state: unknown): Uint8Array {
    const { stage } = this.#context;
    const writer = this.#writer;
    writer.truncate(0);
    storing(stage, () => this.#firing.stateCodec.write(state, writer, at));
    if (writer.length > STATE_BYTES_MAX) throw tooMuch(stage.name, writer.length);
    return writer.bytes();
  }

  #decoded(data: Uint8Array, at: number): unknown {
    return this.#firing.stateCodec.read(new ByteReader(data), at);
  }
}

/** In memory, most characters take one byte; what is said of them at most is three. */
const asItIs = (at: number, state: unknown, bytesMax: number): Known => ({
  at,
  state,
  data: undefined,
  bytes: STATE_OVERHEAD + bytesMax / 2,
});

const asBytes = (at: number, data: Uint8Array): Known => ({
  at,
  state: undefined,
  data,
  bytes: STATE_OVERHEAD + data.length,
});

const NO_BYTES = new Uint8Array();

const nothingAt = (at: number): Known => ({
  at,
  state: undefined,
  data: NO_BYTES,
  bytes: STATE_OVERHEAD,
});

/** Of a key that has never fired. */
const NOTHING_KNOWN: Known = nothingAt(MIN_TIME);

const tooMuch = (stage: string, bytes: number): LimitError =>
  new LimitError(
    `stage ${stage} has ${bytes} bytes to remember of a key, ${STATE_BYTES_MAX} are allowed`,
    {
      hint: 'Remember less of each key (a shorter window, gap, lateness or state), or split the key: until then its bucket waits, and nothing is lost.',
    },
  );
