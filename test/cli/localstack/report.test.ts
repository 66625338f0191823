import { describe, expect, test } from 'vitest';
import { missingOf, type Trial, trialText } from '../../../src/cli/localstack/report.ts';

const trial: Trial = {
  title: '7 more',
  before: 1_000,
  sent: 7,
  records: 1_007,
  counted: 900,
  filtered: 100,
  late: 5,
  dead: 2,
  windows: [
    { key: '/a', windowStart: 0, windowEnd: 300_000, value: 500 },
    { key: '/b', windowStart: 0, windowEnd: 300_000, value: 400 },
  ],
  comparison: { total: 0, differences: [] },
  givenUp: 0,
  invocations: { gather: 4, fire: 3 },
  ok: true,
};

describe('what came of a sample', () => {
  test('is told by counts that add up to what was sent', () => {
    expect(missingOf(trial)).toBe(0);
    expect(trialText(trial).split('\n')).toEqual([
      'OK: 7 more: the results equal a plain recount of the stream',
      '  1,007 records sent, 1,000 of them before = 900 counted + 100 filtered + 5 late + 2 dead letters',
      '  the counted ones are in 2 rows of 1 windows',
      '  LocalStack ran the function that gathers 4 times, the one that fires 3 times',
    ]);
    expect(trialText({ ...trial, before: 0, sent: 1_007 })).toContain('1,007 records sent = 900');
  });

  test.each([
    [8, '1,008 records sent, 1,000 of them before, but 1 accounted for by none of 900 counted'],
    [5, '1,005 records sent, 1,000 of them before, but 2 too many in 900 counted'],
  ])('with %i sent says how many do not', (sent, text) => {
    expect(trialText({ ...trial, sent, ok: false })).toContain(text);
  });
});
