import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  HOURS,
  HoppingWindow,
  MINUTES,
  type Plan,
  pipeline,
  SECONDS,
  SessionWindow,
  TumblingWindow,
  table,
  type WindowedStream,
  type WindowKind,
} from '../../../src/index.ts';
import { fileLane, runBatch } from '../../../src/runtime/batch/index.ts';
import { sharedData } from '../../support/shared-data.ts';
import { resultsOf, workplace } from './workplace.ts';

/** Over real events, what another engine says: results of DuckDB that lie beside the data. */
const data = sharedData();
const place = workplace();

interface Row {
  readonly key: string;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly value: number;
}

describe.skipIf(data === undefined)('real events', () => {
  describe.each(['nasa_1995_07_01', 'nasa_1995_08_01'])('%s', (dataset) => {
    test.each([
      ['tumbling 300s count(*) by action', TumblingWindow.of(300, SECONDS)],
      ['hopping 600s/300s count(*) by action', HoppingWindow.of(600, SECONDS).every(300, SECONDS)],
    ])('%s', async (name, window) => {
      const { rows } = await ran(dataset, over(window, byAction));
      expect(rows.map((row) => [row.windowStart, row.key, row.value])).toEqual(
        data?.rows(name, dataset),
      );
    });

    test('tumbling 60s sum(bytes)', async () => {
      const window = TumblingWindow.of(60, SECONDS);
      const { rows } = await ran(dataset, over(window, all, bytes));
      expect(rows.map((row) => [row.windowStart, null, row.value])).toEqual(
        data?.rows('tumbling 60s sum(bytes) by None', dataset),
      );
    });
  });

  test('wikipedia: tumbling 3600s count(*) by channel', async () => {
    const dataset = 'wikipedia_edits_2015_09_12';
    const { rows } = await ran(dataset, over(TumblingWindow.of(1, HOURS), byChannel));
    expect(rows.map((row) => [row.windowStart, row.key, row.value])).toEqual(
      data?.rows('tumbling 3600s count(*) by channel', dataset),
    );
  });

  test('retail: tumbling 3600s sum(amount) by action', async () => {
    const dataset = 'online_retail_2010_12';
    const { rows } = await ran(dataset, over(TumblingWindow.of(1, HOURS), byAction, amount));
    const name = 'tumbling 3600s round(sum(amount),2) by action';
    const expected = data?.rows(name, dataset) ?? [];
    expect(rows.map((row) => [row.windowStart, row.key])).toEqual(
      expected.map(([start, key]) => [start, key]),
    );
    // Theirs are sums of rounded doubles.
    for (const [i, row] of rows.entries())
      expect(row.value).toBeCloseTo(Number(expected[i]?.[2]), 1);
  });

  test('apache: sessions with a gap of 30 minutes, though the events are shuffled', async () => {
    const dataset = 'apache_semicomplete_2015';
    const gapMs = 30 * MINUTES;
    const { rows } = await ran(dataset, over(SessionWindow.withGap(gapMs), byUser));
    const durations = rows.map((row) => row.windowEnd - gapMs - row.windowStart);
    const values = rows.map((row) => row.value);
    expect([
      rows.length,
      new Set(rows.map((row) => row.key)).size,
      sumOf(values),
      Math.max(...values),
      sumOf(durations),
      Math.max(...durations),
      values.filter((value) => value === 1).length,
    ]).toEqual(data?.rows('sessions gap 1800s summary', dataset)[0]);
  });

  describe.each([
    ['taxi_trips_2019_03', 900, 900_000],
    ['flights_2013_01', 3_600, 3_600_000],
    ['earthquakes_2018_02', 3_600, 21_600_000],
  ])('%s in order of arrival', (dataset, seconds, shown) => {
    const rows = data?.rows(`late drops tumbling ${seconds}s`, dataset) ?? [];
    test.each(rows)(
      'with a delay of %i ms drops %i events of %i',
      async (delay, dropped, total) => {
        const window = TumblingWindow.of(seconds, SECONDS);
        const plan = over(window, all, undefined, Number(delay));
        const { tally, rows } = await ran(dataset, plan, true);
        expect(tally).toMatchObject({ records: total, late: dropped });
        if (delay !== shown) return;
        const name = `tumbling ${seconds}s count after drops, delay ${shown} ms`;
        expect(rows.map((row) => [row.windowStart, row.value])).toEqual(data?.rows(name, dataset));
      },
    );
  });
});

const RealEvent = z.object({
  timestamp: z.string(),
  action: z.string(),
  user_id: z.union([z.number(), z.string()]),
  channel: z.string().optional(),
  amount: z.number().optional(),
  bytes: z.number().optional(),
});
type RealEvent = z.infer<typeof RealEvent>;

const all = (): string => 'all';
const byAction = (e: RealEvent): string => e.action;
const byUser = (e: RealEvent): string | number => e.user_id;
const byChannel = (e: RealEvent): string => e.channel ?? '';
const amount = (e: RealEvent): number => e.amount ?? 0;
const bytes = (e: RealEvent): number => e.bytes ?? 0;

function over(
  window: WindowKind,
  key: (e: RealEvent) => string | number,
  value?: (e: RealEvent) => number,
  outOfOrderness = 0,
): Plan {
  const windows: WindowedStream<RealEvent> = pipeline('real')
    .stream('events', { schema: RealEvent, timestamp: (e) => e.timestamp, outOfOrderness })
    .keyBy(key)
    .window(window);
  return (value ? windows.sum(value) : windows.count()).to(table('results'));
}

async function ran(dataset: string, plan: Plan, arrival = false) {
  const output = place.output();
  const inputs = { events: [fileLane(data?.file(dataset) ?? '')] };
  const { summary } = await runBatch(plan, { inputs, output, arrival });
  const [tally] = Object.values(summary.stages);
  return { tally, rows: resultsOf(output, 'results.jsonl') as Row[] };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
