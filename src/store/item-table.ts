import { compareUtf8 } from '../schema/utf8-order.ts';
import type { Item, Key, Range, Value } from './store.ts';

/** Items of one table in order, without conditions and without waiting: what a local store stands on. */
export interface ItemTable {
  /** The stored item itself, not to be changed. */
  get(key: Key): Item | undefined;
  /** Keeps the item itself, in the place of one with the same key: it is not to be changed any more. */
  put(item: Item): void;
  /** The stored items of a range, those after the sort key `after` if it is given. */
  between(range: Range, after: string | undefined): Iterable<Item>;
  /** Copies of all items, in the order of their keys within a partition. */
  all(): Iterable<Item>;
}

/** One order for all items: partitions somehow, sort keys in them as every store has them. */
export function compareKeys(a: Key, b: Key): number {
  if (a.pk !== b.pk) return a.pk < b.pk ? -1 : 1;
  return compareUtf8(a.sk, b.sk);
}

/** A copy that shares nothing: neither side can change the other's lists and bytes. */
export function copyOf(item: Item): Item {
  const copy: Record<string, Value> & Key = { ...item };
  for (const name in item) {
    const value = item[name];
    if (typeof value === 'object') copy[name] = copyOfValue(value);
  }
  return copy;
}

const copyOfValue = (value: Uint8Array | readonly string[]): Value =>
  value instanceof Uint8Array ? new Uint8Array(value) : [...value];
