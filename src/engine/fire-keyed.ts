import type { Fired, KeyedFiring } from '../operators/operator.ts';
import { isAfterAllEvents } from '../time/event-time.ts';
import { slotCovering } from '../time/slot.ts';
import { entryOf } from './entry-of.ts';
import type { Firing, Step } from './fire-slots.ts';
import { NO_STATE, readStates, statesOf, writeStates } from './keyed-states.ts';
import { chunksOf } from './outputs.ts';
import type { StageContext } from './ports.ts';
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
      const { at, state } = states.get(key) ?? NO_STATE;
      const whose = { key, inputEnded };
      if (at >= slot) continue;
      fired.set(key, firing.fire(state, rows.get(key), slot, stage.resolutionMs, whose));
    }
    // Before anything is told: a state that cannot be stored stops the slot as it is.
    const next = statesOf(context, firing, slot, fired);
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
    await writeStates(context, slot, next);
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
