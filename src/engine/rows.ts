import { BadRecordError } from '../errors.ts';
import { invariant } from '../invariant.ts';
import type { LookupKey, LookupTable } from '../lookups/lookup.ts';
import { eachInParallel } from '../parallel.ts';
import { type Checked, checkedBy } from '../schema/event-decoder.ts';
import { isKeyText } from '../schema/key.ts';
import { fitsNumber } from '../schema/stored-number.ts';
import { deepFreeze } from '../topology/freeze.ts';
import type { LookupPlan, Step } from '../topology/plan.ts';
import { entryOf } from './entry-of.ts';
import type { RowCache } from './row-cache.ts';

/** A table to look rows up in, and what is remembered of it. */
export interface Lookup {
  readonly table: LookupTable;
  readonly cache: RowCache;
}

export type Lookups = ReadonlyMap<string, Lookup>;

/** What an event finds; `undefined` in place of it: it is not read yet. */
export interface Found {
  /** `undefined`: there is no row. */
  readonly row: unknown;
}

const NOTHING: Found = { row: undefined };

/** The most that DynamoDB takes as a partition key. */
const KEY_BYTES_MAX = 2048;

/** Reads go to so many tables at a time. */
const TABLES_AT_ONCE = 4;

/**
 * The rows that one attempt looks up. The attempt runs over all of its records and asks for what it
 * needs; what is not at hand is read together, and the attempt runs again. Once found, a row is the same
 * for the whole of the attempt.
 */
export class Rows {
  readonly #lookups: Lookups;
  /** When the batch was gathered, ms. */
  readonly #now: number;
  readonly #found = new Map<LookupPlan, Map<LookupKey, Checked>>();
  readonly #wanted = new Map<LookupPlan, Set<LookupKey>>();

  constructor(lookups: Lookups, now: number) {
    this.#lookups = lookups;
    this.#now = now;
  }

  /** Some event has asked for what is not read yet. */
  get areMissing(): boolean {
    return this.#wanted.size > 0;
  }

  /** @throws BadRecordError if the key is none, or the row is not as the plan says */
  find(plan: LookupPlan, key: unknown): Found | undefined {
    if (key === undefined || key === null) return NOTHING;
    const { table } = plan;
    if (!isLookupKey(key)) throw noKey(table);
    const row = this.#found.get(plan)?.get(key) ?? this.#remembered(plan, key);
    if (row === undefined) entryOf(this.#wanted, plan, () => new Set<LookupKey>()).add(key);
    else if (row.ok) return { row: row.value };
    else throw new BadRecordError(`the row of ${table} does not fit: ${row.detail}`);
    return undefined;
  }

  /** Reads all that is missing: one call for each table and way to look it up. */
  async read(): Promise<void> {
    const wanted = [...this.#wanted];
    await eachInParallel(wanted, TABLES_AT_ONCE, async ([plan, asked]) => {
      const { table, cache } = this.#lookup(plan);
      const keys = [...asked];
      const rows = await table.getAll(keys, { consistent: plan.consistent });
      for (const [n, key] of keys.entries()) {
        const row = deepFreeze(rows[n]);
        if (plan.cacheForMs > 0) cache.put(key, row, this.#now);
        this.#keep(plan, key, row);
      }
    });
    this.#wanted.clear();
  }

  #remembered(plan: LookupPlan, key: LookupKey): Checked | undefined {
    if (plan.cacheForMs === 0) return undefined;
    const read = this.#lookup(plan).cache.get(key, this.#now - plan.cacheForMs);
    return read && this.#keep(plan, key, read.row);
  }

  #keep(plan: LookupPlan, key: LookupKey, row: unknown): Checked {
    const { schema } = plan;
    const isAsItIs = row === undefined || schema === undefined;
    const checked: Checked = isAsItIs ? { ok: true, value: row } : checkedBy(schema, row);
    entryOf(this.#found, plan, () => new Map<LookupKey, Checked>()).set(key, checked);
    return checked;
  }

  #lookup({ table }: LookupPlan): Lookup {
    const lookup = this.#lookups.get(table);
    invariant(lookup, `the table ${table} to look rows up in was checked at the start`);
    return lookup;
  }
}

/** How often an attempt has to read at most: one row may say which one to look up next. */
export const readsMax = (inputs: readonly { readonly steps: readonly Step[] }[]): number =>
  Math.max(0, ...inputs.map(({ steps }) => steps.filter(({ kind }) => kind === 'lookup').length));

const isLookupKey = (key: unknown): key is LookupKey =>
  typeof key === 'number'
    ? fitsNumber(key)
    : typeof key === 'string' && isKeyText(key, KEY_BYTES_MAX);

const noKey = (table: string): BadRecordError =>
  new BadRecordError(
    `the key to look up in ${table} is neither text of 1 to ${KEY_BYTES_MAX} bytes nor a number that a table holds`,
  );
