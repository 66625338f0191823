import { expect, test } from 'vitest';
import { type Counted, compare } from '../../../src/cli/start/compare.ts';
import type { WindowCount } from '../../../src/cli/start/recount.ts';

const A = window('a', 0, 2);
const B = window('b', 10, 1);
const SIDE: Counted = { records: 9, counted: 3, late: 1, dead: 2, filtered: 3, windows: [A, B] };

test('the same in another order does not differ', () => {
  expect(compare({ ...SIDE, windows: [B, A] }, SIDE)).toEqual({ total: 0, differences: [] });
});

test.each([
  [
    'a row is missing',
    [A],
    '"b" in the window from 1970-01-01T00:00:00.010Z: no row, 1 in the recount',
  ],
  ['a row is too much', [A, B, window('c', 0, 4)], ': 4 in the table, none in the recount'],
  ['a value differs', [A, { ...B, value: 5 }], ': 5 in the table, 1 in the recount'],
  [
    'a bound differs',
    [A, { ...B, windowEnd: 30 }],
    ': ends at 1970-01-01T00:00:00.030Z in the table',
  ],
  ['a row is there twice', [A, B, B], ': there is more than one row'],
  ['a time is out of range', [A, B, window('c', 9e15, 1)], 'from 9000000000000000: 1 in the table'],
])('%s', (_, windows, said) => {
  const result = compare({ ...SIDE, windows }, SIDE);
  expect(result.total).toBe(1);
  expect(result.differences[0]).toContain(said);
});

test.each(['records', 'counted', 'late', 'dead', 'filtered'] as const)(
  '%s differ, and then do not add up',
  (name) => {
    const result = compare({ ...SIDE, [name]: SIDE[name] + 1 }, SIDE);
    expect(result.differences[0]).toBe(
      `${name}: ${SIDE[name] + 1} in the pipeline, ${SIDE[name]} in the recount`,
    );
    expect(result.differences[1]).toMatch(/^the pipeline accounts for \d+ of \d+ records$/);
    expect(result.total).toBe(2);
  },
);

test('a record that both sides lose is a difference', () => {
  const lossy = { ...SIDE, records: 10 };
  expect(compare(lossy, lossy).differences).toEqual([
    'the pipeline accounts for 9 of 10 records',
    'the recount accounts for 9 of 10 records',
  ]);
});

test('only the first 20 are told, and all are counted', () => {
  const windows = Array.from({ length: 50 }, (_, i) => window(`k${i}`, 0, 1));
  const result = compare({ ...SIDE, windows: [A, B, ...windows] }, SIDE);
  expect(result.total).toBe(50);
  expect(result.differences).toHaveLength(20);
});

function window(key: string, windowStart: number, value: number): WindowCount {
  return { key, windowStart, windowEnd: windowStart + 10, value };
}
