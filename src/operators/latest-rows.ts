import { eventOf, inOrder, type Kept, keptCodec, rememberedEvents } from './kept.ts';
import { NEVER_LATE, type Operator, type Result } from './operator.ts';
import { type LastSaid, lastSaidBytesMax, lastSaidCodec, rowChange } from './row-change.ts';

/** What is said of a row: the whole of it, or, with nothing, that it is deleted. */
export interface SaidRow {
  readonly value: unknown;
}

/** What operators over rows fold: what was said of them, each with its place in time. */
export const saidRows = {
  ...NEVER_LATE,
  emits: 'changes',
  ...rememberedEvents,
  add: (events, { value }, eventTime, origin, side) =>
    rememberedEvents.add(events, value, eventTime, origin, side),
  codec: keptCodec,
} satisfies Omit<Operator<SaidRow, Kept[]>, 'name' | 'firing'>;

/**
 * Rows by key: the latest change in event time is the row. Each change is told with the row before it;
 * one that happened before the latest known changes nothing. Deleted rows are kept too: what happened
 * before must not bring them back.
 */
export const latestRows = (): Operator<SaidRow, Kept[], LastSaid> => ({
  name: 'table',
  ...saidRows,
  firing: {
    kind: 'keyed',
    stateCodec: lastSaidCodec,
    stateBytesMax: lastSaidBytesMax,
    fire(state, changes, slot, resolutionMs) {
      const results: Result[] = [];
      let row = state;
      for (const change of [...changes].sort(inOrder)) {
        if (row !== undefined && inOrder(change, row.last) <= 0) continue;
        const told = row?.told ?? 0;
        const result = rowChange({
          old: row && eventOf(row.last),
          value: eventOf(change),
          // What comes late takes effect when it is known, or it would be late for whoever reads on.
          time: Math.max(change.time, slot - resolutionMs),
          revision: told,
        });
        if (result) results.push(result);
        row = { last: change, told: result ? told + 1 : told };
      }
      return { results, state: row, timers: [] };
    },
  },
});
