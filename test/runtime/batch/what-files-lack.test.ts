import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as z from 'zod';
import {
  pipeline,
  rowsOf,
  SECONDS,
  type StreamOptions,
  TumblingWindow,
  table,
} from '../../../src/index.ts';
import { runBatch } from '../../../src/runtime/batch/index.ts';
import { memoryLookup } from '../../../src/testing/index.ts';
import { resultsOf, workplace } from './workplace.ts';

const place = workplace();
const schema = z.object({ at: z.number(), product: z.string() });

const streamed = (time: Partial<StreamOptions<typeof schema>>) =>
  pipeline('p').stream('events', { schema, ...time } as StreamOptions<typeof schema>);

test.each(['arrival', 'processing'] as const)(
  '%s time is refused before anything is done',
  async (timestamp) => {
    const plan = streamed({ timestamp })
      .keyBy((e) => e.product)
      .window(TumblingWindow.of(1, SECONDS))
      .count()
      .to(table('counts'));
    const output = place.output();
    const run = runBatch(plan, { inputs: { events: [place.lane([])] }, output });
    await expect(run).rejects.toMatchObject({
      code: 'TIME_UNKNOWN',
      message: `the stream events goes by ${timestamp} time, which lines of files do not have`,
      hint: expect.stringContaining('function of the event'),
    });
    expect(existsSync(output)).toBe(false);
  },
);

const named = streamed({ timestamp: (e) => e.at, outOfOrderness: 0 })
  .lookup(rowsOf<{ name: string }>('products'), { key: (e) => e.product, required: true })
  .keyBy(({ row }) => row.name)
  .window(TumblingWindow.of(10, SECONDS))
  .count()
  .to(table('counts'));

test('a table to look rows up in is refused unless it is given', async () => {
  const output = place.output();
  const inputs = { events: [place.lane([])] };
  await expect(runBatch(named, { inputs, output })).rejects.toMatchObject({
    code: 'LOOKUP_MISSING',
    message: 'the plan looks rows up in products, and the run has no such table',
    hint: expect.stringContaining('lookups'),
  });
  expect(existsSync(output)).toBe(false);
});

test('rows are looked up in tables that are given', async () => {
  const output = place.output();
  const events = ['tea', 'milk', 'tea', 'none'].map((product, at) => ({ at, product }));
  await runBatch(named, {
    inputs: { events: [place.lane(events)] },
    output,
    lookups: {
      products: memoryLookup([
        ['tea', { name: 'Tea' }],
        ['milk', { name: 'Milk' }],
      ]),
    },
  });
  expect(resultsOf(output, 'counts.jsonl')).toEqual([
    { key: 'Milk', windowStart: 0, windowEnd: 10_000, value: 1 },
    { key: 'Tea', windowStart: 0, windowEnd: 10_000, value: 2 },
  ]);
});

test('a table is joined as of the time of each line, in whatever order the files are read', async () => {
  const begin = pipeline('p');
  const read = (name: string) =>
    begin
      .stream(name, { schema, timestamp: (e) => e.at, outOfOrderness: 0 })
      .keyBy((e) => e.product);
  const prices = read('prices').toTable({ row: ({ at }) => `from ${at}` });
  const plan = read('sales').leftJoinAsOf(prices).to(table('sold'));
  const output = place.output();
  const at = (...times: number[]) => place.lane(times.map((at) => ({ at, product: 'tea' })));
  await runBatch(plan, {
    inputs: { sales: [at(5_000, 1), at(3_000)], prices: [at(9_000, 2_000), at(3_000)] },
    output,
  });
  const sold = resultsOf(output, 'sold.jsonl') as {
    value: { left: { at: number }; right: string };
  }[];
  expect(sold.map(({ value }) => [value.left.at, value.right]).sort()).toEqual([
    [1, null],
    [3_000, 'from 3000'],
    [5_000, 'from 3000'],
  ]);
});
