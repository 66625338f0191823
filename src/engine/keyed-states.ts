import { LimitError } from '../errors.ts';
import type { Fired, KeyedFiring } from '../operators/operator.ts';
import { eachInParallel } from '../parallel.ts';
import { ByteReader, ByteWriter } from '../schema/bytes.ts';
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

/** Of a key that has never fired. */
export const NO_STATE: StoredState = { at: MIN_TIME, state: undefined };

/** States as they are stored, by key. What a key has no more of is empty. */
export type NextStates = ReadonlyMap<string, Uint8Array>;

/** A DynamoDB item holds 400 KB; the rest is for its key and its other attributes. */
const STATE_BYTES_MAX = 390 * 1024;

/** @throws LimitError, NotStorableError: of the stage, with neither key nor value */
export function statesOf(
  { stage }: StageContext,
  { stateCodec }: KeyedFiring<unknown, unknown>,
  slot: number,
  fired: ReadonlyMap<string, Fired<unknown>>,
): NextStates {
  const writer = new ByteWriter();
  const states = new Map<string, Uint8Array>();
  for (const [key, { state }] of fired) {
    writer.truncate(0);
    if (state !== undefined) storing(stage, () => stateCodec.write(state, writer, slot));
    if (writer.length > STATE_BYTES_MAX) throw tooMuch(stage.name, writer.length);
    states.set(key, writer.bytes().slice());
  }
  return states;
}

/** How many states are written at a time. */
const WRITES_AT_ONCE = 16;
/** DynamoDB passes over times that lie more than five years back: this never expires. */
const NEVER = 0;
/** So many new ones are written at once, well within the time that an invocation keeps for its end. */
const NEW_MAX = 200;
const KNOWN_MAX = 10_000;

interface Bytes {
  readonly at: number;
  readonly data: Uint8Array;
}

/**
 * The states of one firing of a bucket: each is read once, and written when the firing stops, however many
 * slots it went through. A state that somebody else wrote in the meantime says the same of the same slot.
 */
export class KeyedStates {
  readonly #context: StageContext;
  readonly #firing: KeyedFiring<unknown, unknown>;
  readonly #known = new Map<string, Bytes>();
  readonly #new = new Set<string>();

  constructor(context: StageContext, firing: KeyedFiring<unknown, unknown>) {
    this.#context = context;
    this.#firing = firing;
  }

  /** There is enough to write. */
  get areMany(): boolean {
    return this.#new.size >= NEW_MAX;
  }

  /** Each call gives states of its own, which whoever asked may change. */
  async read(keys: readonly string[]): Promise<Map<string, StoredState>> {
    await this.#learn(keys.filter((key) => !this.#known.has(key)));
    const states = new Map<string, StoredState>();
    for (const key of keys) {
      const { at, data } = this.#known.get(key) as Bytes;
      if (at === NO_STATE.at) continue;
      const { stateCodec } = this.#firing;
      const state = data.length === 0 ? undefined : stateCodec.read(new ByteReader(data), at);
      states.set(key, { at, state });
    }
    return states;
  }

  /** Takes the states that a slot has made. */
  set(slot: number, next: NextStates): void {
    for (const [key, data] of next) {
      this.#known.set(key, { at: slot, data });
      this.#new.add(key);
    }
  }

  /** What a key has no more of stays as an empty state: it carries the slot, and so keeps an old firing out. */
  async write(): Promise<void> {
    const { store, stage } = this.#context;
    await eachInParallel([...this.#new], WRITES_AT_ONCE, async (key) => {
      const { at, data } = this.#known.get(key) as Bytes;
      const set = { data, at, expires: data.length === 0 ? abortedExpiry(this.#context) : NEVER };
      await store.update('state', keyedStateKey(stage.name, key), { set }, { below: { at } });
    });
    this.#new.clear();
    if (this.#known.size > KNOWN_MAX) this.#known.clear();
  }

  async #learn(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const { store, stage } = this.#context;
    const items = await store.getAll(
      'state',
      keys.map((key) => keyedStateKey(stage.name, key)),
    );
    for (const [n, key] of keys.entries()) {
      const item = items[n];
      const known = item && { at: Number(item.at), data: item.data as Uint8Array };
      this.#known.set(key, known ?? { at: NO_STATE.at, data: NO_BYTES });
    }
  }
}

const NO_BYTES = new Uint8Array();

const tooMuch = (stage: string, bytes: number): LimitError =>
  new LimitError(
    `stage ${stage} has ${bytes} bytes to remember of a key, ${STATE_BYTES_MAX} are allowed`,
    {
      hint: 'Remember less of each key (a shorter window, gap, lateness or state), or split the key: until then its bucket waits, and nothing is lost.',
    },
  );
