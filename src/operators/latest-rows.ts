import type { Codec } from '../schema/codec.ts';
import { eventOf, inOrder, type Kept, keptCodec, keptEvents } from './kept.ts';
import { DEFAULT_RESOLUTION_MS, type Operator, type Result } from './operator.ts';
import { rowChange } from './row-change.ts';

/** What is said of a row: the whole of it, or, with nothing, that it is deleted. */
export interface SaidRow {
  readonly value: unknown;
}

/** A row, and how it came to be. A deleted one is kept too: what happened before must not bring it back. */
interface StoredRow {
  readonly last: Kept;
  /** How many changes were told. */
  readonly told: number;
}

/**
 * Rows by key: the latest change in event time is the row. Each change is told with the row before it;
 * one that happened before the latest known changes nothing.
 */
export const latestRows = (): Operator<SaidRow, Kept[], StoredRow> => ({
  name: 'table',
  resolutionMs: DEFAULT_RESOLUTION_MS,
  segmentSpanMs: 0,
  reachMs: 0,
  lookBackMs: 0,
  emits: 'changes',
  firstLook: (eventTime) => eventTime,
  lastLook: () => Number.POSITIVE_INFINITY,
  ...keptEvents,
  add: (events, { value }, eventTime, origin, side) =>
    keptEvents.add(events, value, eventTime, origin, side),
  codec: keptCodec,
  firing: {
    kind: 'keyed',
    stateCodec: rowCodec,
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

const rowCodec: Codec<StoredRow> = {
  write({ last, told }, to, slot) {
    keptCodec.write([last], to, slot);
    to.unsigned(told);
  },
  read(from, slot) {
    const [last] = keptCodec.read(from, slot) as [Kept];
    return { last, told: from.unsigned() };
  },
};
