import { expect, test } from 'vitest';
import { difference, line } from './compare.ts';
import { judge } from './conformance.ts';
import type { Vector } from './vector.ts';

test('bags differ in what is missing, what is too much and how often', () => {
  expect(difference(['a', 'b'], ['b', 'a'])).toBeUndefined();
  expect(difference(['a', 'a'], ['a'])).toBe('missing a');
  expect(difference(['a'], ['a', 'a', 'c'])).toBe('unexpected a, c');
  expect(difference(['a', 'b', 'c', 'd'], [])).toBe('missing a, b, c and 1 more');
});

test('what a reducer appended has no order', () => {
  const bounds = { start: 0, end: 10 };
  expect(line('k', bounds, '2|1')).toBe(line('k', bounds, '1|2'));
});

test.each([
  ['a wrong value', { value: 3 }, 'finals: missing a [0, 1000] = 3; unexpected a [0, 1000] = 2'],
  ['a wrong bound', { window: { start: 0, end: 999 } }, 'finals: missing a [0, 999] = 2'],
])('%s in a vector is found', async (_, wrong, told) => {
  const outcome = await judge(tumbling(wrong));
  expect(outcome).toMatchObject({ kind: 'failed', told: expect.stringContaining(told) });
  expect(await judge(tumbling({}))).toMatchObject({ kind: 'passed' });
});

test('a late record that nobody expects is found', async () => {
  const vector = tumbling({});
  const inputs = [
    ...vector.inputs,
    { i: 2, type: 'watermark' as const, ts: 999 },
    { i: 3, type: 'record' as const, key: 'a', value: 1, ts: 1 },
  ];
  const updates = [{ after: 2, ...final({}) }];
  const expected = { ...vector.expected, updates };
  const outcome = await judge({ ...vector, inputs, expected });
  expect(outcome).toMatchObject({ kind: 'failed', told: 'late: unexpected 3' });
});

const final = (wrong: object) => ({
  key: 'a',
  window: { start: 0, end: 1000 },
  value: 2,
  ...wrong,
});

function tumbling(wrong: object): Vector {
  const record = { type: 'record' as const, key: 'a', value: 1 };
  return {
    name: 'test',
    engine: 'flink',
    operator: 'window.tumbling',
    tags: [],
    params: { window: 'tumbling', size: 1000, allowedLateness: 0, aggregate: 'count' },
    facts: { batchIdeal: true },
    inputs: [
      { i: 0, ts: 5, ...record },
      { i: 1, ts: 6, ...record },
    ],
    expected: { updates: [], finals: [final(wrong)], late: [] },
  };
}
