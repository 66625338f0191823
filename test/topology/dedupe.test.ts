import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { DAYS, lateEvents, pipeline, SECONDS, table } from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';
import { random } from '../support/random.ts';

const WITHIN = 60 * SECONDS;
const OUT_OF_ORDER = 30 * SECONDS;

const orders = () =>
  pipeline('shop').stream('orders', {
    schema: z.object({ at: z.number(), id: z.string(), n: z.number().default(0) }),
    timestamp: (order) => order.at,
    outOfOrderness: OUT_OF_ORDER,
  });

const once = (within = WITHIN) =>
  orders().dedupe({ by: (order) => order.id, within, sideOutput: lateEvents('late-orders') });

/** The times in seconds of the events that are left. */
async function left(times: readonly number[], within = WITHIN): Promise<number[]> {
  const driver = testDriver<{ at: number }>(once(within).to(table('orders')));
  for (const seconds of times) await driver.send({ at: Math.round(seconds * SECONDS), id: 'a' });
  await driver.end();
  expect(await driver.state('a')).toBeUndefined();
  return driver.events().map(({ time, value }) => {
    expect(value.at).toBe(time);
    return time / SECONDS;
  });
}

test.each`
  times                    | kept            | what
  ${[0, 0, 0]}             | ${[0]}          | ${'repeated at once'}
  ${[0, 60]}               | ${[0]}          | ${'exactly so long after is a duplicate'}
  ${[0, 60.001]}           | ${[0, 60.001]}  | ${'a millisecond later is none'}
  ${[0, 40, 80, 120, 160]} | ${[0, 80, 160]} | ${'measured from the one that was kept, not from the one before'}
  ${[20, 0, 70]}           | ${[0, 70]}      | ${'the first in event time is kept, whichever came first'}
  ${[0, 59.5, 59.9, 60.5]} | ${[0, 60.5]}    | ${'within the slot in which it is forgotten'}
  ${[0, 60, 120, 121]}     | ${[0, 120]}     | ${'a duplicate prolongs nothing'}
`('$what', async ({ times, kept }) => {
  expect(await left(times)).toEqual(kept);
});

test('within 0 only what happened at the same time is the same', async () => {
  expect(await left([1, 1, 1.001], 0)).toEqual([1, 1.001]);
});

test('what is remembered of an id goes when nothing can repeat it any more', async () => {
  const driver = testDriver(once().to(table('orders')));
  await driver.send({ at: 1_000, id: 'a' });
  await driver.advanceWatermarkTo(2_000);
  expect(await driver.state('a')).toBe(1_000);
  await driver.advanceWatermarkTo(61_998);
  expect(await driver.state('a')).toBe(1_000);
  await driver.advanceWatermarkTo(61_999);
  expect(await driver.state('a')).toBeUndefined();
});

test('a late event is dropped and told, not taken for the first', async () => {
  const driver = testDriver(once().to(table('orders')));
  await driver.send({ at: 100_000, id: 'b' }, { at: 5_000, id: 'a' });
  await driver.end();
  expect(driver.late()).toMatchObject([{ number: 1 }]);
  expect(driver.events()).toMatchObject([{ key: 'b' }]);
});

test('it is a stream like any other', async () => {
  const plan = once()
    .filter(({ n }) => n < 9)
    .keyBy(({ n }) => n % 2)
    .toTable({ name: 'latest', row: ({ n }) => n })
    .to(table('latest'));
  const driver = testDriver(plan);
  for (const [at, n] of [1, 1, 2, 3, 9].entries()) await driver.send({ at, n, id: String(n) });
  await driver.end();
  expect(driver.rows()).toEqual(
    new Map([
      ['0', 2],
      ['1', 3],
    ]),
  );
});

test.each([1, 2, 3, 4, 5])('as a plain count says it, over lanes (seed %i)', async (seed) => {
  const chance = random(seed);
  const all = Array.from({ length: 300 }, (_, n) => ({
    at: n * SECONDS + 100_000 - chance.below(OUT_OF_ORDER),
    id: `id-${chance.below(12)}`,
    n,
  }));
  const driver = testDriver<{ n: number }>(once().to(table('orders')), { lanes: 3, batchSize: 7 });
  for (const order of all) await driver.lane(chance.below(3)).send(order);
  await driver.end();
  const told = driver.events().map(({ key, time }) => `${key} ${time}`);
  expect(told.sort()).toEqual(plainly(all).sort());
});

function plainly(all: readonly { at: number; id: string }[]): string[] {
  const kept = new Map<string, number>();
  return [...all]
    .sort((a, b) => a.at - b.at)
    .flatMap(({ at, id }) => {
      const first = kept.get(id);
      if (first !== undefined && at - first <= WITHIN) return [];
      kept.set(id, at);
      return [`${id} ${at}`];
    });
}

describe('a plan is refused', () => {
  test.each<[string, object, string]>([
    ['nothing to tell events apart by', { within: 1 }, 'SETTING_INVALID'],
    ['no time', { by: () => 'a' }, 'SETTING_INVALID'],
    ['a time below 0', { by: () => 'a', within: -1 }, 'SETTING_INVALID'],
    ['a time without end', { by: () => 'a', within: Infinity }, 'SETTING_INVALID'],
    ['a time of centuries', { by: () => 'a', within: 36_501 * DAYS }, 'SETTING_INVALID'],
  ])('%s', (_, options, code) => {
    expect(() => orders().dedupe(options as never)).toThrow(expect.objectContaining({ code }));
  });
});
