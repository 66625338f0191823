import { compareUtf8 } from '../schema/utf8-order.ts';
import type { Item, Key, Range, Value } from './store.ts';

/** Items by partition, in the order of their sort keys. */
export interface MemoryTable {
  /** The stored item itself, not to be changed. */
  get(key: Key): Item | undefined;
  /** Keeps a copy. */
  put(item: Item): void;
  /** The stored items of a range, those after the sort key `after` if it is given. */
  between(range: Range, after: string | undefined): Iterable<Item>;
  /** Copies of all items. */
  all(): Iterable<Item>;
}

interface Partition {
  readonly items: Map<string, Item>;
  /** The keys of `items`, sorted. */
  readonly sortKeys: string[];
}

export function memoryTable(): MemoryTable {
  const partitions = new Map<string, Partition>();
  return {
    get: ({ pk, sk }) => partitions.get(pk)?.items.get(sk),
    put(item) {
      const partition = partitions.get(item.pk) ?? { items: new Map(), sortKeys: [] };
      partitions.set(item.pk, partition);
      if (!partition.items.has(item.sk)) {
        partition.sortKeys.splice(firstAtOrAfter(partition.sortKeys, item.sk), 0, item.sk);
      }
      partition.items.set(item.sk, copyOf(item));
    },
    between: (range, after) => between(partitions.get(range.pk), range, after),
    *all() {
      for (const partition of partitions.values()) {
        for (const item of inOrder(partition, 0)) yield copyOf(item);
      }
    },
  };
}

/** A copy that shares nothing: neither side can change the other's lists and bytes. */
export function copyOf(item: Item): Item {
  const copy: Record<string, Value> & Key = { ...item };
  for (const [name, value] of Object.entries(item)) {
    if (typeof value === 'object') copy[name] = copyOfValue(value);
  }
  return copy;
}

const copyOfValue = (value: Uint8Array | readonly string[]): Value =>
  value instanceof Uint8Array ? new Uint8Array(value) : [...value];

function* between(partition: Partition | undefined, range: Range, after: string | undefined) {
  if (partition === undefined) return;
  const start = firstAtOrAfter(partition.sortKeys, after ?? range.from);
  for (const item of inOrder(partition, start)) {
    if (compareUtf8(item.sk, range.to) > 0) return;
    if (item.sk !== after) yield item;
  }
}

function* inOrder({ items, sortKeys }: Partition, start: number): Iterable<Item> {
  for (let at = start; at < sortKeys.length; at++) {
    const item = items.get(sortKeys[at] as string);
    if (item !== undefined) yield item;
  }
}

/** The index of the first sort key that is not less than `sk`. */
function firstAtOrAfter(sortKeys: readonly string[], sk: string): number {
  let low = 0;
  let high = sortKeys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareUtf8(sortKeys[middle] as string, sk) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
