import type { Item, Page, Store } from 'tidemark';
import { encodeItem } from '../../src/dynamodb/attribute-value.ts';
import { itemBytes, readUnits, writeUnits } from '../../src/dynamodb/units.ts';

/** What a table was asked for, in DynamoDB's units, and in how many requests for items. */
export interface Units {
  readonly read: number;
  readonly written: number;
}

/** The units of a store, by table. */
export interface Counted {
  readonly store: Store;
  readonly units: Readonly<Record<'control' | 'state', Units>>;
}

/** A store that counts what DynamoDB would bill, from the sizes of the items by DynamoDB's own rules. */
export function countedStore(inner: Store): Counted {
  const units = { control: { read: 0, written: 0 }, state: { read: 0, written: 0 } };
  const store: Store = {
    async get(table, key) {
      const item = await inner.get(table, key);
      units[table].read += readUnits(bytesOf(item));
      return item;
    },
    async getAll(table, keys) {
      const items = await inner.getAll(table, keys);
      for (const item of items) units[table].read += readUnits(bytesOf(item));
      return items;
    },
    async query(table, range, next) {
      const page: Page = await inner.query(table, range, next);
      // The sizes of all items of a query are added up before they are rounded.
      units[table].read += readUnits(page.items.reduce((sum, item) => sum + bytesOf(item), 0));
      return page;
    },
    async update(table, key, change, condition) {
      const item = await inner.update(table, key, change, condition);
      // One that is refused is billed too.
      units[table].written += item === undefined ? 1 : writeUnits(bytesOf(item));
      return item;
    },
    async putAll(table, items) {
      for (const item of items) units[table].written += writeUnits(bytesOf(item));
      await inner.putAll(table, items);
    },
    until: () => store,
  };
  return { store, units };
}

const bytesOf = (item: Item | undefined): number => (item ? itemBytes(encodeItem(item)) : 0);
