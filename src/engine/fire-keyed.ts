import type { Fired, KeyedFiring } from '../operators/operator.ts';
import type { Item } from '../store/store.ts';
import { isAfterAllEvents } from '../time/event-time.ts';
import { slotCovering } from '../time/slot.ts';
import { entryOf } from './entry-of.ts';
import type { Firing, Step } from './fire-slots.ts';
import { KeyedStates, NO_STATE, statesOf } from './keyed-states.ts';
import { chunksOf, type Deferred } from './outputs.ts';
import type { StageContext } from './ports.ts';
import { type ClosedSlot, closedSlots, type KeysBySlot, timerItems } from './segments.ts';

/**
 * Fires slots of an operator that remembers: each key takes its state through the slot. What is to be
 * remembered is written when all that was told is out, and before the slots are fired for good.
 * Yields each slot when its outputs are in the outbox.
 */
export async function* fireKeyed(
  context: StageContext,
  operator: KeyedFiring<unknown, unknown>,
  { due, isAborted, outbox }: Firing,
): AsyncGenerator<Step> {
  const kept = new Kept(context, operator);
  outbox.keep(kept);
  try {
    for (let after: number | undefined = due.after; after !== undefined; ) {
      const slots = closedSlots(context, { ...due, after }, isAborted);
      after = yield* fireEach(context, { operator, due, outbox, kept }, slots);
    }
  } catch (error) {
    // What was fired before is told; if that fails too, it fails again when the bucket is fired again.
    await outbox.commit().catch(() => undefined);
    throw error;
  }
}

interface Work extends Pick<Firing, 'due' | 'outbox'> {
  readonly operator: KeyedFiring<unknown, unknown>;
  readonly kept: Kept;
}

/** Fires slot after slot. Returns the one after which the rest has to be read again, if it has to be. */
async function* fireEach(
  context: StageContext,
  work: Work,
  slots: ReturnType<typeof closedSlots>,
): AsyncGenerator<Step, number | undefined> {
  let woken: KeysBySlot | undefined;
  for (;;) {
    const { value: closed } = await slots.next(woken);
    if (closed === undefined) return undefined;
    woken = await fireSlot(context, work, closed);
    yield { slot: closed.slot, isComplete: true };
    if (woken !== undefined) continue;
    await slots.return();
    await work.outbox.commit();
    return closed.slot;
  }
}

/**
 * Returns the keys that have to be looked at in later slots; `undefined` where another firing has written
 * them, after the slots may have been read.
 */
async function fireSlot(
  context: StageContext,
  { operator, due, outbox, kept }: Work,
  { slot, rows, onlyTimersLeft }: ClosedSlot,
): Promise<KeysBySlot | undefined> {
  const { stage } = context;
  const inputEnded = onlyTimersLeft && isAfterAllEvents(due.through);
  const woken = new Map<number, string[]>();
  let isOurs = true;
  for (const { chunk, keys } of chunksOf(context, rows.keys())) {
    const states = await kept.states.read(keys);
    const fired = new Map<string, Fired<unknown>>();
    for (const key of keys) {
      const { at, state } = states.get(key) ?? NO_STATE;
      const whose = { key, inputEnded };
      if (at >= slot) continue;
      fired.set(key, operator.fire(state, rows.get(key), slot, stage.resolutionMs, whose));
    }
    // Before anything is told: a state that cannot be stored stops the slot as it is.
    const next = statesOf(context, operator, slot, fired);
    // A state written by this very slot, or a later one: the outputs of the whole chunk were out before.
    if (fired.size === keys.length) {
      const at = { stage: stage.name, bucket: due.bucket, slot, chunk };
      await outbox.add(
        at,
        [...fired].map(([key, { results }]) => [key, results]),
      );
      const timers = timersBySlot(context, fired);
      kept.wake(timerItems(context, at, timers));
      for (const [to, all] of timers) entryOf(woken, to, () => [] as string[]).push(...all);
    } else isOurs = false;
    kept.states.set(slot, next);
    // A slot of more keys than there is time for comes further each time it is fired.
    if (kept.isMuch) await outbox.write().then(() => kept.write());
  }
  return isOurs ? woken : undefined;
}

/** What a firing is to leave in the store: timers first, as a state says that its timers are there. */
class Kept implements Deferred {
  readonly states: KeyedStates;
  readonly #context: StageContext;
  #timers: Item[] = [];

  constructor(context: StageContext, operator: KeyedFiring<unknown, unknown>) {
    this.#context = context;
    this.states = new KeyedStates(context, operator);
  }

  get isMuch(): boolean {
    return this.states.areMany;
  }

  wake(timers: readonly Item[]): void {
    for (const timer of timers) this.#timers.push(timer);
  }

  async write(): Promise<void> {
    const timers = this.#timers;
    if (timers.length > 0) await this.#context.store.putAll('state', timers);
    this.#timers = [];
    await this.states.write();
  }
}

function timersBySlot(
  { stage }: StageContext,
  fired: ReadonlyMap<string, Fired<unknown>>,
): Map<number, string[]> {
  const keys = new Map<number, string[]>();
  for (const [key, { timers }] of fired) {
    const slots = new Set(timers.map((timer) => slotCovering(timer, stage.resolutionMs)));
    for (const slot of slots) entryOf(keys, slot, () => [] as string[]).push(key);
  }
  return keys;
}
