import assert from 'node:assert/strict';
import { DeadlineError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import { type ContractCase, uniqueName } from './contract.ts';

/** A store for the length of one invocation. */
export const storeDeadlineCases: readonly ContractCase<Store>[] = [
  {
    name: 'is the same store until the signal aborts, and refuses everything after',
    async run(store) {
      const key = { pk: uniqueName(), sk: 'a' };
      const deadline = new AbortController();
      const bounded = store.until(deadline.signal);
      const written = await bounded.update('control', key, { set: { data: 'a' } });
      assert.deepEqual(await store.get('control', key), written);
      deadline.abort();
      await assertRefuses(bounded);
    },
  },
  {
    name: 'leaves the store that it was made from in use',
    async run(store) {
      const key = { pk: uniqueName(), sk: 'a' };
      const bounded = store.until(AbortSignal.abort());
      await assert.rejects(bounded.update('control', key, { set: { data: 'a' } }), DeadlineError);
      assert.equal(await store.get('control', key), undefined);
      assert.ok(await store.update('control', key, { set: { data: 'b' } }));
    },
  },
  {
    name: 'keeps to the earlier of two signals',
    async run(store) {
      const open = new AbortController().signal;
      await assertRefuses(store.until(AbortSignal.abort()).until(open));
      await assertRefuses(store.until(open).until(AbortSignal.abort()));
    },
  },
  {
    name: 'is the same store where it tells what it costs, and stops with it',
    async run(store) {
      let units = 0;
      const deadline = new AbortController();
      const metered = store.until(deadline.signal).metered?.((spent) => {
        units += spent;
      });
      if (metered === undefined) return;
      const key = { pk: uniqueName(), sk: 'a' };
      await metered.update('control', key, { set: { data: 'a' } });
      assert.equal(units, 1);
      await metered.putAll('control', [{ ...key, data: 'x'.repeat(3_000) }]);
      assert.equal(units, 4);
      assert.equal((await store.get('control', key))?.data, 'x'.repeat(3_000));
      deadline.abort();
      await assertRefuses(metered);
      assert.equal(units, 4);
    },
  },
];

async function assertRefuses(store: Store): Promise<void> {
  const key = { pk: uniqueName(), sk: 'a' };
  const range = { pk: key.pk, from: 'a', to: 'b' };
  await assert.rejects(store.get('control', key), DeadlineError);
  await assert.rejects(store.query('control', range), DeadlineError);
  await assert.rejects(store.update('control', key, { set: { data: 'a' } }), DeadlineError);
  await assert.rejects(store.putAll('control', [key]), DeadlineError);
}
