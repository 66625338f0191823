/** Where the protocol keeps its words: `control` is small and watched, `state` is large and expires. */
export type TableRole = 'control' | 'state';

/** What an attribute may hold. */
export type Value = string | number | Uint8Array | readonly string[];

/** The primary key of an item. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** An item as it is stored: its key, and attributes beside it. */
export interface Item extends Key {
  readonly [attribute: string]: Value;
}

/** Attributes to set, and numbers to add to attributes (an absent one counts as 0). */
export interface Change {
  readonly set?: Readonly<Record<string, Value>>;
  readonly add?: Readonly<Record<string, number>>;
}

/** All parts must hold at the moment of the write. No part: the write always happens. */
export interface Condition {
  /** True: the item is there. False: it is not. */
  readonly exists?: boolean;
  /** The attribute is there and has this value. */
  readonly equals?: Readonly<Record<string, string | number>>;
  /** The attribute is absent (or the whole item is), or less than this value. */
  readonly below?: Readonly<Record<string, string | number>>;
}

/** Sort keys from `from` to `to`, both inclusive, in ascending order of their UTF-8 bytes. */
export interface Range {
  readonly pk: string;
  readonly from: string;
  readonly to: string;
}

/** A part of what a query finds. */
export interface Page {
  readonly items: readonly Item[];
  /** Pass it back to read on; undefined: the range is read to its end. */
  readonly next: string | undefined;
}

/**
 * The whole of what the engine asks of a database: single-item conditional writes and consistent
 * reads. Three rules bind every implementation (`testing/contracts` checks them):
 *
 * 1. A read sees every write that was acknowledged before it began. A query over several pages is
 *    not a snapshot.
 * 2. `update` is atomic on its item. Refused is an answer (`undefined`), not an error; an error
 *    says nothing about whether the write happened, or will happen later.
 * 3. `putAll` returns when every item is stored; after an error any subset may be.
 *
 * Throttles are retried inside, with jitter. What remains is thrown as UnavailableError.
 */
export interface Store {
  /** One item as it is now; `undefined` if it is not there. */
  get(table: TableRole, key: Key): Promise<Item | undefined>;
  /** Reads items by their keys, in their order; `undefined` for those that are not there. */
  getAll(table: TableRole, keys: readonly Key[]): Promise<readonly (Item | undefined)[]>;
  /** The items of a range from `next` on, or from its beginning. A page may be empty and not the last. */
  query(table: TableRole, range: Range, next?: string): Promise<Page>;
  /** Writes one item on condition, creating it if absent. Returns it as it is now, or `undefined` if refused. */
  update(
    table: TableRole,
    key: Key,
    change: Change,
    condition?: Condition,
  ): Promise<Item | undefined>;
  /** Writes items unconditionally; each replaces what was there. Keys must differ from one another. */
  putAll(table: TableRole, items: readonly Item[]): Promise<void>;
  /** This store for the length of one invocation: once `signal` aborts, nothing more is written. */
  until(signal: AbortSignal): Store;
  /** This store, telling what each write costs in DynamoDB's write units; left out by one that costs nothing. */
  metered?(spent: (writeUnits: number) => void): Store;
}
