import type { Item, Range, Store } from '../../store/store.ts';

/** All items of a range of the state table, read page by page. */
export async function readRange(store: Store, range: Range): Promise<Item[]> {
  const items: Item[] = [];
  let next: string | undefined;
  do {
    const page = await store.query('state', range, next);
    items.push(...page.items);
    next = page.next;
  } while (next !== undefined);
  return items;
}
