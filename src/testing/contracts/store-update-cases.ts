import assert from 'node:assert/strict';
import { InvariantError } from '../../errors.ts';
import type { Condition, Key, Store } from '../../store/store.ts';
import { type ContractCase, uniqueName } from './contract.ts';

/** Single items: what an update changes, and when it is refused. */
export const storeUpdateCases: readonly ContractCase<Store>[] = [
  {
    name: 'reads what was written, in its own table only',
    async run(store) {
      const key = newKey();
      assert.equal(await store.get('control', key), undefined);
      const written = await store.update('control', key, { set: { text: 'a', list: ['b', 'ü'] } });
      assert.deepEqual(written, { ...key, text: 'a', list: ['b', 'ü'] });
      assert.deepEqual(await store.get('control', key), written);
      assert.equal(await store.get('state', key), undefined);
    },
  },
  {
    name: 'gives back every kind of value',
    async run(store) {
      const key = newKey();
      const numbers = { zero: 0, below: -1.5, exact: 2 ** 53 - 1, tiny: 1e-100, huge: 1.5e100 };
      const set = { ...numbers, empty: '', none: [], text: 'snow ☃ 😀', blanks: ['', ' '] };
      await store.update('state', key, { set });
      assert.deepEqual(await store.get('state', key), { ...key, ...set });
    },
  },
  {
    name: 'gives back bytes',
    async run(store) {
      const key = newKey();
      const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
      await store.update('state', key, { set: { bytes, part: bytes.subarray(3, 5) } });
      const stored = await store.get('state', key);
      assert.deepEqual(stored, { ...key, bytes, part: Uint8Array.of(3, 4) });
    },
  },
  {
    name: 'shares nothing with the caller',
    async run(store) {
      const key = newKey();
      const bytes = Uint8Array.of(1);
      const list = ['a'];
      await store.update('state', key, { set: { bytes, list } });
      bytes[0] = 2;
      list.push('b');
      const first = await store.get('state', key);
      assert.deepEqual(first, { ...key, bytes: Uint8Array.of(1), list: ['a'] });
      (first?.bytes as Uint8Array)[0] = 3;
      assert.deepEqual((await store.get('state', key))?.bytes, Uint8Array.of(1));
    },
  },
  {
    name: 'adds to an absent attribute as if it were 0, and sets in the same write',
    async run(store) {
      const key = newKey();
      const change = { set: { text: 'a' }, add: { count: 2, other: -1 } };
      assert.deepEqual(await store.update('control', key, change), {
        ...key,
        text: 'a',
        count: 2,
        other: -1,
      });
      const again = await store.update('control', key, { set: { text: 'b' }, add: { count: 3 } });
      assert.deepEqual(again, { ...key, text: 'b', count: 5, other: -1 });
    },
  },
  {
    name: 'writes a bare item for a change of nothing',
    async run(store) {
      const key = newKey();
      assert.deepEqual(await store.update('control', key, {}), key);
      assert.deepEqual(await store.get('control', key), key);
    },
  },
  {
    name: 'keeps each condition, on an absent item and on one that is there',
    async run(store) {
      for (const [condition, onAbsent, onPresent] of CONDITIONS) {
        const spelled = JSON.stringify(condition);
        const absent = await attempt(store, newKey(), condition);
        assert.equal(absent, onAbsent, `on an absent item ${spelled}`);
        const key = newKey();
        await store.update('control', key, { set: { count: 5, text: 'm' } });
        assert.equal(await attempt(store, key, condition), onPresent, `on an item ${spelled}`);
      }
    },
  },
  {
    name: 'compares text by its UTF-8 bytes',
    async run(store) {
      const key = newKey();
      await store.update('control', key, { set: { text: '\u{10000}' } });
      assert.equal(await attempt(store, key, { below: { text: '\uffff' } }), false);
      await store.update('control', key, { set: { text: '\uffff' } });
      assert.equal(await attempt(store, key, { below: { text: '\u{10000}' } }), true);
    },
  },
  {
    name: 'leaves the item as it was when it refuses',
    async run(store) {
      const key = newKey();
      const before = await store.update('control', key, { set: { text: 'a' }, add: { count: 1 } });
      const change = { set: { text: 'b', more: 'c' }, add: { count: 1 } };
      assert.equal(
        await store.update('control', key, change, { equals: { text: 'x' } }),
        undefined,
      );
      assert.deepEqual(await store.get('control', key), before);
      const absent = newKey();
      assert.equal(await store.update('control', absent, change, { exists: true }), undefined);
      assert.equal(await store.get('control', absent), undefined);
    },
  },
  {
    name: 'lets exactly one of many concurrent writers win',
    async run(store) {
      const key = newKey();
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      const claim = (owner: string) =>
        store.update('control', key, { set: { owner }, add: { epoch: 1 } }, { exists: false });
      const won = (await Promise.all(names.map(claim))).filter((item) => item !== undefined);
      assert.equal(won.length, 1);
      assert.deepEqual(await store.get('control', key), won[0]);
    },
  },
  {
    name: 'loses no addition of concurrent writers',
    async run(store) {
      const key = newKey();
      const add = () => store.update('control', key, { add: { epoch: 1 } });
      const epochs = (await Promise.all(Array.from({ length: 8 }, add))).map((item) => item?.epoch);
      assert.deepEqual(epochs.sort(), [1, 2, 3, 4, 5, 6, 7, 8]);
    },
  },
  {
    name: 'refuses what would not come back as it was',
    async run(store) {
      const key = newKey();
      for (const number of [-0, Number.NaN, Number.POSITIVE_INFINITY, 1e200, 1e-200]) {
        await assert.rejects(store.update('control', key, { set: { number } }), InvariantError);
        await assert.rejects(store.update('control', key, { add: { number } }), InvariantError);
        await assert.rejects(store.putAll('control', [{ ...key, number }]), InvariantError);
      }
      assert.equal(await store.get('control', key), undefined);
    },
  },
];

/** Whether it is accepted on an absent item, and on one with `count` 5 and `text` "m". */
const CONDITIONS: readonly (readonly [Condition, boolean, boolean])[] = [
  [{}, true, true],
  [{ exists: true }, false, true],
  [{ exists: false }, true, false],
  [{ equals: { count: 5 } }, false, true],
  [{ equals: { count: 4 } }, false, false],
  [{ equals: { count: '5' } }, false, false],
  [{ equals: { count: 5, text: 'm' } }, false, true],
  [{ equals: { count: 5, text: 'n' } }, false, false],
  [{ equals: { other: 1 } }, false, false],
  [{ below: { count: 6 } }, true, true],
  [{ below: { count: 5 } }, true, false],
  [{ below: { count: 10 } }, true, true],
  [{ below: { count: '6' } }, true, false],
  [{ below: { text: 'n' } }, true, true],
  [{ below: { text: 'm' } }, true, false],
  [{ below: { other: 0 } }, true, true],
  [{ exists: true, below: { count: 6 } }, false, true],
  [{ exists: true, below: { other: 1 } }, false, true],
  [{ equals: { text: 'm' }, below: { count: 5 } }, false, false],
];

async function attempt(store: Store, key: Key, condition: Condition): Promise<boolean> {
  return (await store.update('control', key, { set: { written: 1 } }, condition)) !== undefined;
}

const newKey = (): Key => ({ pk: uniqueName(), sk: 'item' });
