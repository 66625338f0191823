import { compareKeys } from '../item-table.ts';
import type { Item } from '../store.ts';

interface Head {
  item: Item;
  readonly rest: Iterator<Item>;
}

/** Sorted items of many, in order; of items with the same key the one of the first that has it. */
export function* merged(newestFirst: readonly Iterable<Item>[]): Generator<Item> {
  const heads: Head[] = [];
  for (const items of newestFirst) {
    const rest = items[Symbol.iterator]();
    const { done, value } = rest.next();
    if (!done) heads.push({ item: value, rest });
  }
  while (heads.length > 0) {
    const { item } = least(heads);
    yield item;
    // From the back, so that a removal does not move what is still to be looked at.
    for (let i = heads.length - 1; i >= 0; i--) {
      const head = heads[i] as Head;
      if (compareKeys(head.item, item) !== 0) continue;
      const { done, value } = head.rest.next();
      if (done) heads.splice(i, 1);
      else head.item = value;
    }
  }
}

/** The first of the least ones: the newest. */
function least(heads: readonly Head[]): Head {
  let best = heads[0] as Head;
  for (const head of heads) if (compareKeys(head.item, best.item) < 0) best = head;
  return best;
}
