import { eitherOf, refuseAfter } from '../deadline.ts';
import type { LookupKey, LookupTable } from './lookup.ts';

/** A table to look rows up in that one can write to. */
export interface MemoryLookup extends LookupTable {
  /** Writes a row, in place of the one that was there. */
  put(key: LookupKey, row: unknown): void;
  /** Takes a row away, if there is one. */
  delete(key: LookupKey): void;
  /** This table for the length of one invocation. */
  until(signal: AbortSignal): MemoryLookup;
}

/** Rows in this process, copied in and out. */
export function memoryLookup(rows: Iterable<readonly [LookupKey, unknown]> = []): MemoryLookup {
  const kept = new Map<LookupKey, unknown>();
  const lookup = lookupOver(kept, undefined);
  for (const [key, row] of rows) lookup.put(key, row);
  return lookup;
}

function lookupOver(rows: Map<LookupKey, unknown>, signal: AbortSignal | undefined): MemoryLookup {
  return {
    async getAll(keys) {
      refuseAfter(signal);
      return keys.map((key) => structuredClone(rows.get(key)));
    },
    put(key, row) {
      rows.set(key, structuredClone(row));
    },
    delete(key) {
      rows.delete(key);
    },
    until: (inner) => lookupOver(rows, eitherOf(signal, inner)),
  };
}
