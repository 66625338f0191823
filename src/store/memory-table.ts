import { compareUtf8 } from '../schema/utf8-order.ts';
import { copyOf, type ItemTable } from './item-table.ts';
import { SortedKeys } from './sorted-keys.ts';
import type { Item, Key, Range } from './store.ts';

/** Keeps items in this process. */
export function memoryTable(): ItemTable {
  const partitions = new Map<string, Partition>();
  return {
    get: ({ pk, sk }) => partitions.get(pk)?.get(sk),
    put(item) {
      const partition = partitions.get(item.pk);
      if (partition) partition.put(item);
      else partitions.set(item.pk, new Partition(item));
    },
    between: (range, after) => between(partitions.get(range.pk), range, after),
    *all() {
      // In one order of partitions too, so that two tables can be merged.
      for (const pk of [...partitions.keys()].sort()) {
        for (const item of (partitions.get(pk) as Partition).from('')) yield copyOf(item);
      }
    },
  };
}

/** Nearly all partitions hold the state of one key, which is one item: only others need an order. */
class Partition {
  #only: Item | undefined;
  #many: { readonly items: Map<string, Item>; readonly keys: SortedKeys } | undefined;

  constructor(first: Item) {
    this.#only = first;
  }

  get(sk: string): Item | undefined {
    if (this.#many) return this.#many.items.get(sk);
    return this.#only?.sk === sk ? this.#only : undefined;
  }

  put(item: Item): void {
    if (this.#many === undefined) {
      if (this.#only?.sk === item.sk) {
        this.#only = item;
        return;
      }
      this.#spread();
    }
    this.#add(item);
  }

  *from(sk: string): Generator<Item> {
    if (this.#many === undefined) {
      if (this.#only && compareUtf8(this.#only.sk, sk) >= 0) yield this.#only;
      return;
    }
    const { items, keys } = this.#many;
    for (const key of keys.from(sk)) yield items.get(key) as Item;
  }

  #spread(): void {
    const first = this.#only as Item;
    this.#only = undefined;
    this.#many = { items: new Map(), keys: new SortedKeys() };
    this.#add(first);
  }

  #add(item: Item): void {
    if (this.#many === undefined) return;
    const { items, keys } = this.#many;
    if (!items.has(item.sk)) keys.insert(item.sk);
    items.set(item.sk, item);
  }
}

function* between(
  partition: Partition | undefined,
  range: Range,
  after: Key['sk'] | undefined,
): Generator<Item> {
  if (partition === undefined) return;
  for (const item of partition.from(after ?? range.from)) {
    if (compareUtf8(item.sk, range.to) > 0) return;
    if (item.sk !== after) yield item;
  }
}
