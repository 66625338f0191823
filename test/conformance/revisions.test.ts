import { expect, test } from 'vitest';
import { isReplaced, news, toldBy } from './revisions.ts';
import type { Vector } from './vector.ts';

const window = { start: 0, end: 10 };
const told = (rise: number, value: unknown, bounds = window) => ({
  rise,
  key: 'a',
  window: bounds,
  value,
});

test('of what was told by one rise the last counts, and only if it is new', () => {
  const all = [told(1, 5), told(3, 6), told(3, 7), told(4, 7)];
  expect(news(all)).toEqual([told(1, 5), told(3, 7)]);
});

test('a session is replaced by a greater one that holds it, not by itself or one beside it', () => {
  const greater = told(2, 9, { start: 0, end: 20 });
  const beside = told(2, 9, { start: 5, end: 30 });
  const all = [told(1, 5), greater, beside];
  expect(all.filter((one) => isReplaced(one, all))).toEqual([told(1, 5)]);
});

test('discarded panes are summed up, and stand at the rise after what caused them', () => {
  const updates = [
    { after: 1, key: 'a', window, value: 2 },
    { after: 2, key: 'a', window, value: 3 },
  ];
  const vector: Vector = {
    name: 'test',
    engine: 'flink',
    operator: 'window.tumbling',
    tags: [],
    params: { accumulation: 'discarding', allowedLateness: 10 },
    facts: { batchIdeal: null },
    inputs: [
      { i: 0, type: 'record', key: 'a', value: 2, ts: 5 },
      { i: 1, type: 'watermark', ts: 9 },
      { i: 2, type: 'record', key: 'a', value: 3, ts: 6 },
      { i: 3, type: 'watermark', ts: 9 },
      { i: 4, type: 'watermark', ts: 10 },
    ],
    expected: { updates, finals: [], late: [] },
  };
  expect(toldBy(vector, 'sum')).toEqual([told(1, 2), told(4, 5)]);
});
