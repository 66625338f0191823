import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memoryTable } from '../../src/store/memory-table.ts';
import { type SpillingTable, spillingTable } from '../../src/store/spilling/spilling-table.ts';
import type { Item, Range } from '../../src/store/store.ts';
import { tableStore } from '../../src/store/table-store.ts';
import { storeContract } from '../../src/testing/contracts/store-contract.ts';
import fc from '../support/fast-check.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tidemark-spilling-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each([
  ['every item', 1],
  ['a few items', 2_000],
  ['nothing', 1e9],
])('a store that spills %s', (_, limitBytes) => {
  test.each(storeContract)('$name', async ({ run }) => {
    const state = fresh(limitBytes);
    await run(tableStore({ control: memoryTable(), state }, { first: 1, next: 3 }));
    state.close();
  });
});

test('whatever is put, spilled and reopened, it holds what a table in memory holds', () => {
  fc.assert(
    fc.property(fc.array(steps(), { maxLength: 80 }), fc.nat(6_000), (all, limitBytes) => {
      const model = memoryTable();
      let table = fresh(limitBytes);
      const at = lastFolder;
      for (const step of all) {
        if (step.kind === 'reopen') {
          const runs = table.flush();
          table.prune();
          table.close();
          expect(readdirSync(at).sort()).toEqual([...runs].sort());
          table = spillingTable({ folder: at, limitBytes, runs });
        } else {
          model.put(step.item);
          table.put(step.item);
        }
      }
      expect([...table.all()]).toEqual([...model.all()]);
      for (const range of RANGES) {
        expect([...table.between(range, undefined)]).toEqual([...model.between(range, undefined)]);
        expect([...table.between(range, 'é')]).toEqual([...model.between(range, 'é')]);
      }
      for (const pk of KEYS)
        for (const sk of KEYS) expect(table.get({ pk, sk })).toEqual(model.get({ pk, sk }));
      table.close();
    }),
    { numRuns: 200 },
  );
});

test('many spills leave few files', () => {
  const table = fresh(1_000);
  for (let i = 0; i < 2_000; i++) table.put({ pk: 'p', sk: `${(i * 7_919) % 2_000}`, n: i });
  expect(table.flush().length).toBeLessThan(20);
  expect([...table.all()].length).toBe(2_000);
  table.close();
});

test('a file that was cut is no run', () => {
  const table = fresh(1);
  table.put({ pk: 'p', sk: 's' });
  const [run = ''] = table.flush();
  table.close();
  truncateSync(path.join(lastFolder, run), 5);
  expect(() => spillingTable({ folder: lastFolder, limitBytes: 1, runs: [run] })).toThrow(
    'is no whole run',
  );
});

let lastFolder = '';
function fresh(limitBytes: number): SpillingTable {
  lastFolder = mkdtempSync(path.join(folder, 'table-'));
  return spillingTable({ folder: lastFolder, limitBytes });
}

/** Few enough to meet again; in an order that UTF-16 does not have. */
const KEYS = ['a', 'a\u0000', 'ab', 'b', 'é', '\uffee', '\u{1f30a}', ''];
const RANGES: Range[] = KEYS.flatMap((pk) => [
  { pk, from: '', to: '\u{10ffff}' },
  { pk, from: 'ab', to: '\uffee' },
]);

type Step = { readonly kind: 'put'; readonly item: Item } | { readonly kind: 'reopen' };

function steps(): fc.Arbitrary<Step> {
  const key = fc.constantFrom(...KEYS);
  const item = fc.record(
    {
      pk: key,
      sk: key,
      text: fc.string({ unit: 'grapheme' }),
      number: fc.double({ noNaN: true }).filter((n) => !Object.is(n, -0)),
      bytes: fc.uint8Array({ maxLength: 400 }),
      texts: fc.array(fc.string(), { maxLength: 3 }),
    },
    { requiredKeys: ['pk', 'sk'], noNullPrototype: true },
  ) as fc.Arbitrary<Item>;
  return fc.oneof(
    { weight: 9, arbitrary: item.map((item): Step => ({ kind: 'put', item })) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'reopen' }) },
  );
}
