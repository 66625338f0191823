import type { Item, Range, Store, TableRole } from '../store/store.ts';

/** All pages of a query, for partitions that stay small. */
export async function readAll(
  store: Pick<Store, 'query'>,
  table: TableRole,
  range: Range,
): Promise<Item[]> {
  const items: Item[] = [];
  let next: string | undefined;
  do {
    const page = await store.query(table, range, next);
    items.push(...page.items);
    next = page.next;
  } while (next !== undefined);
  return items;
}
