import { expect, test } from 'vitest';
import * as z from 'zod';
import { combine, pipeline, SECONDS, type Stream, TumblingWindow, table } from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';

const values = () =>
  pipeline('test')
    .stream('baskets', {
      schema: z.object({ at: z.number(), values: z.array(z.unknown()) }),
      timestamp: (basket) => basket.at,
      outOfOrderness: 0,
    })
    .flatMap((basket) => basket.values);

const summed = (stream: Stream<unknown>, name: string) =>
  stream
    .keyBy(() => 'all')
    .window(TumblingWindow.of(10, SECONDS))
    .sum((value) => value as number, { name });

const keyed = (stream: Stream<unknown>, name: string) =>
  stream
    .keyBy((value) => value as string)
    .window(TumblingWindow.of(10, SECONDS))
    .count({ name });

/** What was counted and what was set aside, of baskets of values that come one second after the other. */
async function ran(
  plan: Parameters<typeof testDriver>[0],
  baskets: readonly unknown[][],
  sink?: string,
) {
  const driver = testDriver<number>(plan);
  for (const [n, basket] of baskets.entries()) {
    await driver.send({ at: n * SECONDS, values: basket });
  }
  await driver.end();
  const told = driver.results(sink).map(({ key, value }) => [key, value]);
  const letters = driver
    .deadLetters()
    .map(({ number, lane, reason }) => ({ number, lane, reason }));
  return { told, letters };
}

test.each([
  ['a value that cannot be added', [1, 2, 'three'], 'VALUE'],
  ['one before others that can', ['one', 2], 'VALUE'],
])('a record with %s counts not at all', async (_, bad, reason) => {
  const plan = summed(values(), 'sums').to(table('results'));
  const { told, letters } = await ran(plan, [[10, 20], bad, [], [30]]);
  expect(told).toEqual([['all', 60]]);
  expect(letters).toEqual([{ number: 1, lane: 'baskets-0', reason }]);
});

test('a record with one event that has no key counts not at all', async () => {
  const plan = keyed(values(), 'counts').to(table('results'));
  const { told, letters } = await ran(plan, [['a', 'b'], ['a', '', 'b'], ['a']]);
  expect(told).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
  expect(letters).toEqual([{ number: 1, lane: 'baskets-0', reason: 'KEY' }]);
});

test('several events of a record have an order of their own', async () => {
  const plan = values()
    .keyBy(() => 'all')
    .window(TumblingWindow.of(10, SECONDS))
    .collect()
    .to(table('results'));
  const { told } = await ran(plan, [['a', 'b'], ['c']]);
  expect(told).toEqual([['all', ['a', 'b', 'c']]]);
});

test('a result that a later stage cannot take as a whole counts not at all there', async () => {
  const parts = keyed(values(), 'counts').flatMap(({ key, value }) =>
    key === 'bad' ? [value, Number.NaN] : [value, value],
  );
  const plan = summed(parts, 'sums').to(table('results'));
  const { told, letters } = await ran(plan, [['a', 'a', 'bad'], ['a']]);
  expect(told).toEqual([['all', 6]]);
  expect(letters).toMatchObject([{ reason: 'VALUE' }]);
});

test('two stages that refuse the same result leave a letter each', async () => {
  const counts = keyed(values(), 'counts');
  const refused = ['one', 'other'].map((name) =>
    summed(
      counts.map(() => Number.NaN),
      name,
    ).to(table(`${name}-results`)),
  );
  const { letters } = await ran(combine(counts.to(table('counts')), ...refused), [['a']], 'counts');
  expect(letters).toHaveLength(2);
});
