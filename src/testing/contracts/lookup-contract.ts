import assert from 'node:assert/strict';
import { DeadlineError } from '../../errors.ts';
import type { LookupKey, LookupTable } from '../../lookups/lookup.ts';
import { type ContractCase, uniqueName } from './contract.ts';

/** A table to look rows up in whose keys are texts, and a way to put rows there. */
export interface LookupSubject {
  readonly lookup: LookupTable;
  /** The row has its key as `id`. */
  put(row: { readonly id: LookupKey } & Readonly<Record<string, unknown>>): Promise<void>;
}

/** What every LookupTable promises. */
export const lookupContract: readonly ContractCase<LookupSubject>[] = [
  {
    name: 'gives rows in the order of their keys, and nothing where there is none',
    async run(subject) {
      const [a, b, none] = [uniqueName(), uniqueName(), uniqueName()];
      await subject.put({ id: a, price: 1 });
      await subject.put({ id: b, price: 2 });
      assert.deepEqual(await rowsOf(subject, [b, none, a]), [
        { id: b, price: 2 },
        undefined,
        { id: a, price: 1 },
      ]);
    },
  },
  {
    name: 'gives whole rows: texts, numbers, truth values, nothing, lists and objects in one another',
    async run(subject) {
      const id = uniqueName();
      const row = {
        id,
        text: 'tea ☕',
        n: -1.5,
        yes: true,
        none: null,
        list: [1, ['a', { b: 2 }]],
      };
      await subject.put(row);
      assert.deepEqual(await rowsOf(subject, [id]), [row]);
    },
  },
  {
    name: 'gives a row as it is now',
    async run(subject) {
      const id = uniqueName();
      assert.deepEqual(await rowsOf(subject, [id]), [undefined]);
      await subject.put({ id, price: 1 });
      await subject.put({ id, price: 2 });
      assert.deepEqual(await rowsOf(subject, [id]), [{ id, price: 2 }]);
    },
  },
  {
    name: 'takes no key, and many',
    async run(subject) {
      const ids = Array.from({ length: 250 }, () => uniqueName());
      for (const id of ids) await subject.put({ id });
      assert.deepEqual(await rowsOf(subject, []), []);
      const rows = ids.map((id) => ({ id }));
      assert.deepEqual(await rowsOf(subject, ids), rows);
    },
  },
  {
    name: 'gives rows that nobody else holds',
    async run(subject) {
      const id = uniqueName();
      await subject.put({ id, tags: ['a'] });
      const [row] = (await rowsOf(subject, [id])) as [{ tags: string[] }];
      row.tags.push('b');
      assert.deepEqual(await rowsOf(subject, [id]), [{ id, tags: ['a'] }]);
    },
  },
  {
    name: 'refuses to read once the signal aborts, and the table it was made from goes on',
    async run({ lookup, put }) {
      const id = uniqueName();
      await put({ id });
      const bounded = lookup.until(AbortSignal.abort());
      await assert.rejects(bounded.getAll([id], { consistent: true }), DeadlineError);
      const going = lookup.until(new AbortController().signal);
      assert.deepEqual(await going.getAll([id], { consistent: true }), [{ id }]);
    },
  },
];

const rowsOf = ({ lookup }: LookupSubject, keys: readonly LookupKey[]) =>
  lookup.getAll(keys, { consistent: true });
