import { readUnits, writeUnits } from '../../dynamodb/units.ts';
import type { Item, Store, Value } from '../../store/store.ts';

/** What a table was asked for, in DynamoDB's units. */
export interface Capacity {
  readUnits: number;
  writeUnits: number;
}

/** An item of a DynamoDB table holds no more: 400 KB. */
const ITEM_MAX = 400 * 1024;

/**
 * A store that counts what it does as DynamoDB bills it, to a unit a request, and refuses what
 * DynamoDB would refuse for its size.
 */
export function metered(store: Store, capacity: Capacity): Store {
  const wrote = (item: Item): void => {
    const bytes = bytesOf(item);
    if (bytes > ITEM_MAX)
      throw new Error(
        `item ${item.pk} ${item.sk} has ${bytes} bytes, and the table takes no more than ${ITEM_MAX}`,
      );
    capacity.writeUnits += writeUnits(bytes);
  };
  const read = (items: readonly (Item | undefined)[]): void => {
    for (const item of items)
      capacity.readUnits += readUnits(item === undefined ? 0 : bytesOf(item));
  };
  const counted: Store = {
    async get(table, key) {
      const item = await store.get(table, key);
      read([item]);
      return item;
    },
    async getAll(table, keys) {
      const items = await store.getAll(table, keys);
      read(items);
      return items;
    },
    async query(table, range, next) {
      const page = await store.query(table, range, next);
      capacity.readUnits += readUnits(page.items.reduce((sum, item) => sum + bytesOf(item), 0));
      return page;
    },
    async update(table, key, change, condition) {
      const item = await store.update(table, key, change, condition);
      // A write that is refused is billed too.
      if (item === undefined) capacity.writeUnits++;
      else wrote(item);
      return item;
    },
    async putAll(table, items) {
      for (const item of items) wrote(item);
      await store.putAll(table, items);
    },
    until: () => counted,
  };
  return counted;
}

function bytesOf(item: Item): number {
  let bytes = 0;
  for (const name in item) bytes += name.length + valueBytes(item[name] as Value);
  return bytes;
}

/** About: text is taken for ASCII, and a number for the most that one takes. */
function valueBytes(value: Value): number {
  if (typeof value === 'number') return NUMBER_BYTES;
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  return value.reduce((sum, part) => sum + 1 + part.length, LIST_BYTES);
}

const NUMBER_BYTES = 9;
const LIST_BYTES = 3;
