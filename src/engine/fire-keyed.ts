import type { Fired, KeyedFiring } from '../operators/operator.ts';
import { isAfterAllEvents } from '../time/event-time.ts';
import { slotCovering } from '../time/slot.ts';
import { entryOf } from './entry-of.ts';
import type { Firing, Step } from './fire-slots.ts';
import { KeyedStates } from './keyed-states.ts';
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
    // No slot comes after these, and nobody but this firing has fired them.
    if (context.bounded && isAfterAllEvents(due.through)) kept.forget();
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
    await kept.states.learn(keys);
    const fired = new Map<string, Fired<unknown>>();
    for (const key of keys) {
      const { at, state } = kept.states.of(key);
      const whose = { key, inputEnded };
      if (at >= slot) continue;
      fired.set(key, operator.fire(state, rows.get(key), slot, stage.resolutionMs, whose));
    }
    // Before anything is told: a state that cannot be stored stops the slot as it is.
    const next = kept.states.checked(slot, fired);
    // A state written by this very slot, or a later one: the outputs of the whole chunk were out before.
    if (fired.size === keys.length) {
      const at = { stage: stage.name, bucket: due.bucket, slot, chunk };
      await outbox.add(
        at,
        [...fired].map(([key, { results }]) => [key, results]),
      );
      const timers = timersBySlot(context, fired);
      kept.wake({ at, timers });
      for (const [to, all] of timers) entryOf(woken, to, () => [] as string[]).push(...all);
    } else isOurs = false;
    kept.states.set(next);
    // A slot of more keys than there is time for comes further each time it is fired.
    if (kept.isMuch) await outbox.write().then(() => kept.write());
  }
  return isOurs ? woken : undefined;
}

/** What a firing is to leave in the store: timers first, as a state says that its timers are there. */
class Kept implements Deferred {
  readonly states: KeyedStates;
  readonly #context: StageContext;
  #asked: Asked[] = [];

  constructor(context: StageContext, operator: KeyedFiring<unknown, unknown>) {
    this.#context = context;
    this.states = new KeyedStates(context, operator);
  }

  get isMuch(): boolean {
    return this.states.areMany;
  }

  wake(asked: Asked): void {
    if (asked.timers.size > 0) this.#asked.push(asked);
  }

  /** Nothing is to be remembered. */
  forget(): void {
    this.#asked = [];
    this.states.forget();
  }

  async write(): Promise<void> {
    const items = this.#asked.flatMap(({ at, timers }) =>
      timerItems(this.#context, at, this.#toCome(timers)),
    );
    if (items.length > 0) await this.#context.store.putAll('state', items);
    this.#asked = [];
    await this.states.write();
  }

  /** Where somebody else may fire these slots, too, the keys of a chunk stay together, fired or not. */
  #toCome(timers: KeysBySlot): KeysBySlot {
    if (this.#context.bounded === undefined) return timers;
    const isFired = (slot: number, keys: readonly string[]): boolean =>
      keys.every((key) => this.states.firedAt(key) >= slot);
    return new Map([...timers].filter(([slot, keys]) => !isFired(slot, keys)));
  }
}

/** Keys that a chunk of a slot asks to look at. */
interface Asked {
  readonly at: { readonly bucket: number; readonly slot: number; readonly chunk: number };
  readonly timers: KeysBySlot;
}

function timersBySlot(
  { stage }: StageContext,
  fired: ReadonlyMap<string, Fired<unknown>>,
): Map<number, string[]> {
  const keys = new Map<number, string[]>();
  for (const [key, { timers }] of fired) {
    if (timers.length === 0) continue;
    const slots = new Set(timers.map((timer) => slotCovering(timer, stage.resolutionMs)));
    for (const slot of slots) entryOf(keys, slot, () => [] as string[]).push(key);
  }
  return keys;
}
