import type { LookupKey } from '../lookups/lookup.ts';

/** A row that was read; `row` is `undefined` where there was none. */
interface Read {
  readonly row: unknown;
  /** ms. */
  readonly at: number;
}

/** Rows of a table that this process has read, the least recently used ones forgotten first. */
export class RowCache {
  readonly #rows = new Map<LookupKey, Read>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** What was read at `since` or later, in ms. */
  get(key: LookupKey, since: number): Read | undefined {
    const read = this.#rows.get(key);
    if (read === undefined || read.at < since) return undefined;
    // Maps go through their entries in the order in which they were set.
    this.#rows.delete(key);
    this.#rows.set(key, read);
    return read;
  }

  put(key: LookupKey, row: unknown, at: number): void {
    this.#rows.delete(key);
    this.#rows.set(key, { row, at });
    if (this.#rows.size <= this.#max) return;
    const [oldest] = this.#rows.keys();
    this.#rows.delete(oldest as LookupKey);
  }
}
