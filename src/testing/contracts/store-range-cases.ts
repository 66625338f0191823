import assert from 'node:assert/strict';
import type { Range, Store } from '../../store/store.ts';
import { type ContractCase, uniqueName } from './contract.ts';
import { readRange } from './read-range.ts';

/** Ranges: which items, in which order, over how many pages. */
export const storeRangeCases: readonly ContractCase<Store>[] = [
  {
    name: 'has both ends in a range, and no other partition',
    async run(store) {
      const pk = await partitionOf(store, ['a', 'b', 'ba', 'c', 'd']);
      await partitionOf(store, ['b', 'c']);
      assert.deepEqual(await sortKeys(store, { pk, from: 'b', to: 'c' }), ['b', 'ba', 'c']);
      assert.deepEqual(await sortKeys(store, { pk, from: 'b', to: 'b' }), ['b']);
      assert.deepEqual(await sortKeys(store, { pk, from: 'aa', to: 'b~' }), ['b', 'ba']);
    },
  },
  {
    name: 'finds nothing where nothing is',
    async run(store) {
      const pk = await partitionOf(store, ['a', 'b']);
      assert.deepEqual(await sortKeys(store, { pk: uniqueName(), from: 'a', to: 'b' }), []);
      assert.deepEqual(await sortKeys(store, { pk, from: 'c', to: 'd' }), []);
      assert.deepEqual(await sortKeys(store, { pk, from: 'b', to: 'a' }), []);
    },
  },
  {
    name: 'orders sort keys by their UTF-8 bytes',
    async run(store) {
      const ordered = ['#', '-', '0', '9', 'A', 'a', 'a#', 'a~', 'z', 'é', 'ü', '☃'];
      ordered.push('\ud7ff', '\ue000', '\uffff', '\uffff!', '\u{10000}', '\u{1f600}');
      const pk = await partitionOf(store, ordered.toReversed());
      assert.deepEqual(await sortKeys(store, { pk, from: '!', to: '\u{10ffff}' }), ordered);
      const beyond = { pk, from: '\u{10000}', to: '\u{10ffff}' };
      assert.deepEqual(await sortKeys(store, beyond), ['\u{10000}', '\u{1f600}']);
    },
  },
  {
    name: 'reads on page by page, each item once, up to the end',
    async run(store) {
      const ordered = Array.from({ length: 230 }, (_, at) => String(at).padStart(3, '0'));
      const pk = await partitionOf(store, ordered.toReversed());
      assert.deepEqual(await sortKeys(store, { pk, from: '0', to: '9' }), ordered);
      const middle = await sortKeys(store, { pk, from: '010', to: '219' });
      assert.deepEqual(middle, ordered.slice(10, 220));
    },
  },
  {
    name: 'reads on from an item that is not there',
    async run(store) {
      const pk = await partitionOf(store, ['a', 'c']);
      const { items } = await store.query('state', { pk, from: 'a', to: 'c' }, 'b');
      assert.deepEqual(
        items.map((item) => item.sk),
        ['c'],
      );
    },
  },
  {
    name: 'gives whole items, and sees every write before',
    async run(store) {
      const pk = uniqueName();
      const written = await store.update('state', { pk, sk: 'a' }, { set: { data: 'x' } });
      assert.deepEqual(await readRange(store, { pk, from: 'a', to: 'a' }), [written]);
      const again = await store.update('state', { pk, sk: 'a' }, { set: { data: 'y' } });
      assert.deepEqual(await readRange(store, { pk, from: 'a', to: 'a' }), [again]);
    },
  },
];

async function partitionOf(store: Store, keys: readonly string[]): Promise<string> {
  const pk = uniqueName();
  await store.putAll(
    'state',
    keys.map((sk) => ({ pk, sk })),
  );
  return pk;
}

const sortKeys = async (store: Store, range: Range): Promise<string[]> =>
  (await readRange(store, range)).map((item) => item.sk);
