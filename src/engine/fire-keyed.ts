import type { Fired, KeyedFiring } from '../operators/operator.ts';
import { eachInParallel } from '../parallel.ts';
import { ByteReader, ByteWriter } from '../schema/bytes.ts';
import { isAfterAllEvents } from '../time/event-time.ts';
import { slotCovering } from '../time/slot.ts';
import { MIN_TIME } from '../time/watermark.ts';
import type { Firing, Step } from './fire-slots.ts';
import { keyedStateKey } from './keys.ts';
import { chunksOf } from './outputs.ts';
import type { StageContext } from './ports.ts';
import { abortedExpiry } from './retention.ts';
import { type ClosedSlot, closedSlots, writeTimers } from './segments.ts';

/**
 * Fires slots of an operator that remembers: each key takes its state through the slot, and what it
 * emits goes out before its new state is written. Yields each slot when all of that is done.
 */
export async function* fireKeyed(
  context: StageContext,
  firing: KeyedFiring<unknown, unknown>,
  { due, isAborted, outbox }: Firing,
): AsyncGenerator<Step> {
  let { after } = due;
  for (;;) {
    // Asked again after every slot: firing one can add timers to slots that are already due.
    const slots = closedSlots(context, { ...due, after }, isAborted);
    const { value: closed } = await slots.next();
    await slots.return(undefined);
    if (closed === undefined) return;
    await fireSlot(context, firing, { due, isAborted, outbox }, closed);
    after = closed.slot;
    yield { slot: closed.slot, isComplete: true };
  }
}

async function fireSlot(
  context: StageContext,
  firing: KeyedFiring<unknown, unknown>,
  { due, outbox }: Firing,
  { slot, rows, onlyTimersLeft }: ClosedSlot,
): Promise<void> {
  const { stage } = context;
  const inputEnded = onlyTimersLeft && isAfterAllEvents(due.through);
  for (const { chunk, keys } of chunksOf(context, rows.keys())) {
    const states = await readStates(context, firing, keys);
    const fired = new Map<string, Fired<unknown>>();
    for (const key of keys) {
      const { at, state } = states.get(key) ?? NOTHING;
      const whose = { key, inputEnded };
      if (at >= slot) continue;
      fired.set(key, firing.fire(state, rows.get(key), slot, stage.resolutionMs, whose));
    }
    // A state written by this very slot: the outputs of the whole chunk were out before.
    if (fired.size === keys.length) {
      const at = { stage: stage.name, bucket: due.bucket, slot, chunk };
      await outbox.add(
        at,
        [...fired].map(([key, { results }]) => [key, results]),
      );
      await outbox.write();
      await writeTimers(context, at, timersBySlot(context, fired));
    }
    await writeStates(context, firing, slot, fired);
  }
}

interface StoredState {
  /** The slot whose firing wrote it. */
  readonly at: number;
  readonly state: unknown;
}

const NOTHING: StoredState = { at: MIN_TIME, state: undefined };

async function readStates(
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

/** How many states are written at a time. */
const WRITES_AT_ONCE = 16;
/** DynamoDB passes over times that lie more than five years back: this never expires. */
const NEVER = 0;

/** What a key has no more of stays as an empty state: it carries the slot, and so keeps an old firing out. */
async function writeStates(
  context: StageContext,
  { stateCodec }: KeyedFiring<unknown, unknown>,
  slot: number,
  fired: ReadonlyMap<string, Fired<unknown>>,
): Promise<void> {
  const { store, stage } = context;
  await eachInParallel([...fired], WRITES_AT_ONCE, async ([key, { state }]) => {
    const writer = new ByteWriter();
    if (state !== undefined) stateCodec.write(state, writer, slot);
    const expires = state === undefined ? abortedExpiry(context) : NEVER;
    const set = { data: writer.bytes().slice(), at: slot, expires };
    await store.update('state', keyedStateKey(stage.name, key), { set }, { below: { at: slot } });
  });
}

function timersBySlot(
  { stage }: StageContext,
  fired: ReadonlyMap<string, Fired<unknown>>,
): Map<number, string[]> {
  const keys = new Map<number, string[]>();
  for (const [key, { timers }] of fired) {
    const slots = new Set(timers.map((timer) => slotCovering(timer, stage.resolutionMs)));
    for (const slot of slots) keys.set(slot, [...(keys.get(slot) ?? []), key]);
  }
  return keys;
}
