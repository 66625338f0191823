import { eitherOf, refuseAfter } from '../deadline.ts';
import { invariant } from '../invariant.ts';
import { compareUtf8 } from '../schema/utf8-order.ts';
import { checkItems, checkUpdate } from './checks.ts';
import { copyOf, type ItemTable } from './item-table.ts';
import type { Condition, Item, Page, Range, Store, TableRole, Value } from './store.ts';

/** A store that one can look into. */
export interface TableStore extends Store {
  /** Copies of all items, in the order of their keys within a partition. */
  items(table: TableRole): Iterable<Item>;
  until(signal: AbortSignal): TableStore;
}

/** A store over two tables of this process: the conditions, pages and deadlines that they do not have. */
export function tableStore(tables: Tables, pages: PageSizes): TableStore {
  return storeOver(tables, { pages, own: copyOf }, undefined);
}

/** The same for those who change nothing of what they put and of what they get: it is not copied. */
export function sharingStore(tables: Tables, pages: PageSizes): TableStore {
  return storeOver(tables, { pages, own: (item) => item }, undefined);
}

/** How many items a page has: the first one of a query, and those after it. */
export interface PageSizes {
  readonly first: number;
  readonly next: number;
}

type Tables = Readonly<Record<TableRole, ItemTable>>;

interface How {
  readonly pages: PageSizes;
  /** Makes of an item one that belongs to nobody else. */
  readonly own: (item: Item) => Item;
}

function storeOver(tables: Tables, how: How, signal: AbortSignal | undefined): TableStore {
  const { pages, own } = how;
  return {
    async get(table, key) {
      refuseAfter(signal);
      const item = tables[table].get(key);
      return item && own(item);
    },
    async getAll(table, keys) {
      refuseAfter(signal);
      return keys.map((key) => {
        const item = tables[table].get(key);
        return item && own(item);
      });
    },
    async query(table, range, next) {
      refuseAfter(signal);
      return pageOf(tables[table], range, {
        own,
        after: next,
        pageSize: next === undefined ? pages.first : pages.next,
      });
    },
    async update(table, key, change, condition = {}) {
      refuseAfter(signal);
      checkUpdate(change, condition);
      const before = tables[table].get(key);
      if (!holds(condition, before)) return undefined;
      const after = { ...before, ...change.set, ...added(before, change.add), ...key };
      tables[table].put(own(after));
      // What it shares with the item that was there is shared with nobody any more.
      return after;
    },
    async putAll(table, items) {
      refuseAfter(signal);
      checkItems(items);
      for (const item of items) tables[table].put(own(item));
    },
    items: (table) => tables[table].all(),
    until: (inner) => storeOver(tables, how, eitherOf(signal, inner)),
  };
}

/** As in DynamoDB, a full page names a next one even if nothing is left for it. */
function pageOf(
  table: ItemTable,
  range: Range,
  { own, after, pageSize }: Pick<How, 'own'> & { after: string | undefined; pageSize: number },
): Page {
  const items: Item[] = [];
  for (const item of table.between(range, after)) {
    items.push(own(item));
    if (items.length === pageSize) return { items, next: item.sk };
  }
  return { items, next: undefined };
}

function holds({ exists, equals = {}, below = {} }: Condition, item: Item | undefined): boolean {
  if (exists !== undefined && exists !== (item !== undefined)) return false;
  return (
    Object.entries(equals).every(([name, value]) => item?.[name] === value) &&
    Object.entries(below).every(([name, value]) => isBelow(item?.[name], value))
  );
}

/** Values of two types have no order: the answer is no, as it is in DynamoDB. */
function isBelow(stored: Value | undefined, value: string | number): boolean {
  if (stored === undefined) return true;
  if (typeof stored === 'string' && typeof value === 'string') {
    return compareUtf8(stored, value) < 0;
  }
  return typeof stored === 'number' && typeof value === 'number' && stored < value;
}

function added(before: Item | undefined, add: Readonly<Record<string, number>> = {}) {
  const sums = Object.entries(add).map(([name, number]) => {
    const stored = before?.[name] ?? 0;
    invariant(typeof stored === 'number', `"${name}" is a number that can be added to`);
    return [name, stored + number];
  });
  return Object.fromEntries(sums) as Record<string, number>;
}
