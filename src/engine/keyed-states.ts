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

export async function readStates(
  { store, stage }: StageContext,
  { stateCodec }: KeyedFiring<unknown, unknown>,
  keys: readonly string[],
): Promise<Map<string, StoredState>> {
  const items = await store.getAll(
    'state',
    keys.map((key) => keyedStateKey(stage.name, key)),
  );
  const states = new Map<string, StoredState>();
  for (const [i, key] of keys.entries()) {
    const item = items[i];
    if (item === undefined) continue;
    const at = Number(item.at);
    const bytes = item.data as Uint8Array;
    const state = bytes.length === 0 ? undefined : stateCodec.read(new ByteReader(bytes), at);
    states.set(key, { at, state });
  }
  return states;
}

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

/** What a key has no more of stays as an empty state: it carries the slot, and so keeps an old firing out. */
export async function writeStates(
  context: StageContext,
  slot: number,
  states: NextStates,
): Promise<void> {
  const { store, stage } = context;
  await eachInParallel([...states], WRITES_AT_ONCE, async ([key, data]) => {
    const expires = data.length === 0 ? abortedExpiry(context) : NEVER;
    const set = { data, at: slot, expires };
    await store.update('state', keyedStateKey(stage.name, key), { set }, { below: { at: slot } });
  });
}

const tooMuch = (stage: string, bytes: number): LimitError =>
  new LimitError(
    `stage ${stage} has ${bytes} bytes to remember of a key, ${STATE_BYTES_MAX} are allowed`,
    {
      hint: 'Remember less of each key (a shorter window, gap, lateness or state), or split the key: until then its bucket waits, and nothing is lost.',
    },
  );
