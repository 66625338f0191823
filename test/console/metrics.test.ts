import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type DashboardBody, drawDashboard } from '../../src/console/metrics/dashboard.ts';
import { takeEmfLine } from '../../src/console/metrics/emf-lines.ts';
import { evaluate, type Series } from '../../src/console/metrics/metric-math.ts';
import { type MetricId, MetricStore } from '../../src/console/metrics/metric-store.ts';
import { emfLines, type MetricName } from '../../src/runtime/lambda/index.ts';

describe('metric math', () => {
  const known: Readonly<Record<string, Series>> = {
    a: [1, 2, undefined],
    b: [10, 0, 5],
    none: [undefined, undefined, undefined],
  };
  const computed = (expression: string) =>
    evaluate(expression, { series: (id) => known[id] ?? [], periodMs: 5_000, length: 3 });

  test.each<[string, Series]>([
    ['a', [1, 2, undefined]],
    ['a + b * 2', [21, 2, undefined]],
    ['(a + b) * 2', [22, 4, undefined]],
    ['b - a - 1', [8, -3, undefined]],
    ['a / b', [0.1, undefined, undefined]],
    ['b / PERIOD(b)', [2, 0, 1]],
    ['FILL(a, 0) * 0.5', [0.5, 1, 0]],
    ['IF(b > 0, 100 * FILL(a, 0) / b)', [10, undefined, 0]],
    ['IF(b > 0, a, b)', [1, 0, undefined]],
    ['SUM([a, b])', [11, 2, 5]],
    ['SUM([none, none])', [undefined, undefined, undefined]],
    ['b >= 5', [1, 0, 1]],
  ])('%s', (expression, expected) => {
    expect(computed(expression)).toEqual(expected);
  });

  test.each(['a +', 'SEARCH(a)', '[a, b]', 'a b', 'a ? b', '', 'a)'])(
    '%s is refused',
    (expression) => {
      expect(() => computed(expression)).toThrow(
        expect.objectContaining({ code: 'EXPRESSION_UNKNOWN' }),
      );
    },
  );
});

describe('the store', () => {
  const metric = metricOf('RecordsLate');

  test('has one number a bin, by every statistic', () => {
    const store = new MetricStore(1_000, 10);
    store.add(metric, [1, 5, 3], 10_100);
    store.add(metric, 7, 10_900);
    store.add(metric, 100, 12_000);
    const read = (statistic: 'Sum' | 'Average' | 'Maximum' | 'Minimum' | 'SampleCount' | 'p50') =>
      store.read(metric, statistic, [10_000, 11_000, 12_000]);
    expect(read('Sum')).toEqual([16, undefined, 100]);
    expect(read('Average')).toEqual([4, undefined, 100]);
    expect(read('Maximum')).toEqual([7, undefined, 100]);
    expect(read('Minimum')).toEqual([1, undefined, 100]);
    expect(read('SampleCount')).toEqual([4, undefined, 1]);
    expect(read('p50')).toEqual([3, undefined, 100]);
    expect(store.whole(metric, 'Sum')).toBe(116);
  });

  test('forgets old bins, but not what they come to', () => {
    const store = new MetricStore(1_000, 2);
    for (let at = 0; at < 5_000; at += 1_000) store.add(metric, 1, at);
    expect(store.read(metric, 'Sum', [0, 2_000, 3_000, 4_000])).toEqual([
      undefined,
      undefined,
      1,
      1,
    ]);
    expect(store.whole(metric, 'Sum')).toBe(5);
  });

  test('takes the lines that the handler writes, and no others', () => {
    const store = new MetricStore(1_000, 10);
    const write = emfLines((line) => takeEmfLine(store, line));
    const metrics = new Map<MetricName, number | readonly number[]>([
      ['RecordsLate', 3],
      ['FoldDuration', [10, 20]],
    ]);
    write([{ pipeline: 'clicks', stage: 'per-page', metrics, lanes: [], buckets: [] }], 7_000);
    for (const line of ['no JSON', '{"level":"INFO"}', 'null', '3']) takeEmfLine(store, line);
    expect(store.read(metric, 'Sum', [7_000])).toEqual([3]);
    expect(store.read(metricOf('FoldDuration'), 'Average', [7_000])).toEqual([15]);
  });
});

test('every graph of a dashboard that CDK makes can be drawn', () => {
  const golden = new URL('../cdk/goldens/dashboard.json', import.meta.url);
  const body = JSON.parse(readFileSync(golden, 'utf8')) as DashboardBody;
  const { widgets } = drawDashboard(body, {
    times: [0, 1],
    periodMs: 1_000,
    read: () => [4, undefined],
  });
  expect(widgets).toHaveLength(18);
  expect(widgets.flatMap(({ lines }) => lines).filter(({ values }) => values[0] === null)).toEqual(
    [],
  );
  const late = widgets.find(({ title }) => title === 'Late share');
  expect(late?.lines.map(({ label, values }) => [label, ...values])).toEqual([
    ['per-page too late', 100, null],
    ['per-page allowed', 100, null],
  ]);
});

function metricOf(name: string): MetricId {
  const dimensions = [
    ['pipeline', 'clicks'],
    ['stage', 'per-page'],
  ] as const;
  return { namespace: 'Tidemark', name, dimensions };
}
