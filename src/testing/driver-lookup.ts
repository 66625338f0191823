import { TestDriverError } from '../errors.ts';
import type { LookupKey } from '../lookups/lookup.ts';
import type { DriverEngine } from './driver-engine.ts';

/** A table that a plan looks rows up in, to write to: what comes after it finds what was written. */
export interface LookupHandle {
  /** Writes a row: events sent from now on find it. */
  put(key: LookupKey, row: unknown): Promise<void>;
  /** Takes a row away. */
  delete(key: LookupKey): Promise<void>;
}

/** @throws TestDriverError LOOKUP_UNKNOWN */
export function lookupHandle(
  { lookups }: DriverEngine,
  name: string,
  inTurn: <T>(step: () => Promise<T>) => Promise<T>,
): LookupHandle {
  const lookup = lookups.get(name);
  if (lookup === undefined) throw unknown(name, [...lookups.keys()]);
  return {
    put: (key, row) => inTurn(async () => lookup.put(key, row)),
    delete: (key) => inTurn(async () => lookup.delete(key)),
  };
}

const unknown = (name: string, names: readonly string[]): TestDriverError =>
  new TestDriverError(
    'LOOKUP_UNKNOWN',
    `the plan looks no rows up in ${name}`,
    names.length === 0 ? 'It has no lookup().' : `It does so in ${names.join(', ')}.`,
  );
