import { eitherOf, refuseAfter } from '../deadline.ts';
import { invariant } from '../invariant.ts';
import { compareUtf8 } from '../schema/utf8-order.ts';
import { checkItems, checkUpdate } from './checks.ts';
import { copyOf, type MemoryTable, memoryTable } from './memory-table.ts';
import type { Condition, Item, Page, Range, Store, TableRole, Value } from './store.ts';

/** A store that one can look into. */
export interface MemoryStore extends Store {
  /** Copies of all items, in the order of their keys within a partition. */
  items(table: TableRole): Iterable<Item>;
  until(signal: AbortSignal): MemoryStore;
}

export interface MemoryStoreOptions {
  /** How many items a page has. Small by default (100), so that reading on is exercised. */
  readonly pageSize?: number;
}

/** Keeps everything in this process: for tests, the simulator and batch runs. */
export function memoryStore({ pageSize = 100 }: MemoryStoreOptions = {}): MemoryStore {
  return storeOver({ control: memoryTable(), state: memoryTable() }, pageSize, undefined);
}

type Tables = Readonly<Record<TableRole, MemoryTable>>;

function storeOver(tables: Tables, pageSize: number, signal: AbortSignal | undefined): MemoryStore {
  return {
    async get(table, key) {
      refuseAfter(signal);
      const item = tables[table].get(key);
      return item && copyOf(item);
    },
    async getAll(table, keys) {
      refuseAfter(signal);
      return keys.map((key) => {
        const item = tables[table].get(key);
        return item && copyOf(item);
      });
    },
    async query(table, range, next) {
      refuseAfter(signal);
      return pageOf(tables[table], range, { after: next, pageSize });
    },
    async update(table, key, change, condition = {}) {
      refuseAfter(signal);
      checkUpdate(change, condition);
      const before = tables[table].get(key);
      if (!holds(condition, before)) return undefined;
      const after = { ...before, ...change.set, ...added(before, change.add), ...key };
      tables[table].put(after);
      return copyOf(after);
    },
    async putAll(table, items) {
      refuseAfter(signal);
      checkItems(items);
      for (const item of items) tables[table].put(item);
    },
    items: (table) => tables[table].all(),
    until: (inner) => storeOver(tables, pageSize, eitherOf(signal, inner)),
  };
}

/** As in DynamoDB, a full page names a next one even if nothing is left for it. */
function pageOf(
  table: MemoryTable,
  range: Range,
  { after, pageSize }: { after: string | undefined; pageSize: number },
): Page {
  const items: Item[] = [];
  for (const item of table.between(range, after)) {
    items.push(copyOf(item));
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
