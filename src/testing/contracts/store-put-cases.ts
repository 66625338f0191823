import assert from 'node:assert/strict';
import { InvariantError } from '../../errors.ts';
import type { Item, Store } from '../../store/store.ts';
import { type ContractCase, uniqueName } from './contract.ts';
import { readRange } from './read-range.ts';

/** Many items at once, of any number and size. */
export const storePutCases: readonly ContractCase<Store>[] = [
  ...[0, 1, 25, 26, 200].map((count) => ({
    name: `puts ${count} items`,
    async run(store: Store) {
      const pk = uniqueName();
      const items = Array.from({ length: count }, (_, at) => ({ pk, sk: sortKey(at), data: at }));
      await store.putAll('state', items);
      assert.deepEqual(await readRange(store, { pk, from: '0', to: '9' }), items);
    },
  })),
  {
    name: 'puts and reads large items, more than a page of DynamoDB',
    async run(store) {
      const pk = uniqueName();
      const items = Array.from({ length: 9 }, (_, at) => ({
        pk,
        sk: sortKey(at),
        data: new Uint8Array(250 * 1024).fill(at),
      }));
      await store.putAll('state', items);
      const stored = await readRange(store, { pk, from: '0', to: '9' });
      assert.deepEqual(stored.map(summary), items.map(summary));
    },
  },
  {
    name: 'replaces what was there, as a whole',
    async run(store) {
      const pk = uniqueName();
      await store.update('state', { pk, sk: 'a' }, { set: { old: 'x', data: 'y' } });
      await store.putAll('state', [{ pk, sk: 'a', data: 'z' }]);
      assert.deepEqual(await store.get('state', { pk, sk: 'a' }), { pk, sk: 'a', data: 'z' });
    },
  },
  {
    name: 'shares no put item with the caller',
    async run(store) {
      const pk = uniqueName();
      const data = Uint8Array.of(1);
      await store.putAll('state', [{ pk, sk: 'a', data }]);
      data[0] = 2;
      assert.deepEqual((await store.get('state', { pk, sk: 'a' }))?.data, Uint8Array.of(1));
    },
  },
  {
    name: 'refuses two items of one key',
    async run(store) {
      const item = { pk: uniqueName(), sk: 'a' };
      await assert.rejects(store.putAll('state', [item, { ...item, data: 1 }]), InvariantError);
    },
  },
];

const sortKey = (at: number): string => String(at).padStart(3, '0');

/** Enough to tell the large items apart, and short in a message. */
function summary({ sk, data }: Item): string {
  assert.ok(data instanceof Uint8Array);
  return `${sk}: ${data.length} bytes from ${data[0]} to ${data.at(-1)}`;
}
