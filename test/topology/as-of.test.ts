import { describe, expect, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import {
  describe as describePlan,
  type Joined,
  type LateOptions,
  lateEvents,
  MINUTES,
  type PlanErrorCode,
  pipeline,
  SECONDS,
  type StageOptions,
  type Table,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { type TestDriver, type TestDriverOptions, testDriver } from '../../src/testing/index.ts';

const Order = z.object({ at: z.number(), id: z.string(), product: z.string() });
const Price = z.object({ at: z.number(), product: z.string(), price: z.number().nullable() });

/** How the table of a test comes about, and the stage that joins it. */
interface Shop extends StageOptions, LateOptions {
  /** Its changes go through a stage of their own. */
  readonly told?: boolean;
  readonly maxDelay?: number;
}

function shop(maxDelay?: number) {
  const begin = pipeline('shop');
  const quiet = maxDelay === undefined ? {} : { maxDelay };
  const orders = begin
    .stream('orders', { schema: Order, timestamp: (e) => e.at, outOfOrderness: 2 * SECONDS })
    .keyBy((e) => e.product);
  const prices = begin
    .stream('prices', {
      schema: Price,
      timestamp: (e) => e.at,
      outOfOrderness: 2 * SECONDS,
      ...quiet,
    })
    .keyBy((e) => e.product);
  return { orders, prices };
}

const pricesOf = ({ prices }: ReturnType<typeof shop>, told = false): Table<number> => {
  const raw = prices.toTable({ row: ({ price }) => price });
  if (!told) return raw;
  return raw
    .changes()
    .keyBy(({ key }) => key)
    .toTable({ row: (change) => change.value, name: 'prices' });
};

const inner = ({ told, maxDelay, ...options }: Shop = {}) => {
  const parts = shop(maxDelay);
  return parts.orders.joinAsOf(pricesOf(parts, told), options);
};

const left = ({ told, maxDelay, ...options }: Shop = {}) => {
  const parts = shop(maxDelay);
  return parts.orders.leftJoinAsOf(pricesOf(parts, told), options);
};

type Pair = { left: { id: string }; right: number | null };

const driverFor = (kind: 'inner' | 'left', settings?: Shop, options?: TestDriverOptions) =>
  testDriver<Pair>(
    (kind === 'inner' ? inner(settings) : left(settings)).to(table('sold')),
    options,
  );

const order = (at: number, id: string) => ({ at, id, product: 'tea' });
const price = (at: number, price: number | null) => ({ at, product: 'tea', price });

/** `id@time=price`, as told. */
const sold = (driver: TestDriver<Pair>): string =>
  driver
    .events()
    .map(({ time, value: { left, right } }) => `${left.id}@${time}=${right}`)
    .join(' ');

describe.each([false, true])('an order and the price of its time (told by a stage: %s)', (told) => {
  test.each`
    prices                           | orders               | inner                  | left
    ${[[1000, 1]]}                   | ${[999, 1000, 1001]} | ${'b@1000=1 c@1001=1'} | ${'a@999=null b@1000=1 c@1001=1'}
    ${[[2, 2], [1, 1]]}              | ${[1, 2, 0]}         | ${'a@1=1 b@2=2'}       | ${'c@0=null a@1=1 b@2=2'}
    ${[[1, 1], [1, 2]]}              | ${[1]}               | ${'a@1=2'}             | ${'a@1=2'}
    ${[[1, 1], [5, null], [9, 3]]}   | ${[4, 5, 8, 9]}      | ${'a@4=1 d@9=3'}       | ${'a@4=1 b@5=null c@8=null d@9=3'}
    ${[[1, 1], [900, 2], [5000, 3]]} | ${[6000, 4999]}      | ${'b@4999=2 a@6000=3'} | ${'b@4999=2 a@6000=3'}
    ${[[1, null]]}                   | ${[2]}               | ${''}                  | ${'a@2=null'}
  `('prices $prices, orders at $orders', async ({ prices, orders, inner, left }) => {
    for (const [kind, expected] of [
      ['inner', inner],
      ['left', left],
    ] as const) {
      const driver = driverFor(kind, { told });
      const names = [...'abcdef'];
      for (const at of orders) await driver.stream('orders').send(order(at, names.shift() ?? ''));
      for (const [at, is] of prices) await driver.stream('prices').send(price(at, is));
      await driver.end();
      expect(sold(driver)).toBe(expected);
    }
  });
});

test('keys are joined with rows of their own key only', async () => {
  const driver = driverFor('left');
  await driver.stream('prices').send({ at: 1, product: 'coffee', price: 7 });
  await driver.stream('orders').send(order(2, 'a'), { at: 3, id: 'b', product: 'coffee' });
  await driver.end();
  expect(sold(driver)).toBe('a@2=null b@3=7');
});

test('is told when both streams have passed the slot of the order', async () => {
  const driver = driverFor('inner', { resolution: 1 });
  await driver.stream('prices').send(price(1_000, 1));
  await driver.stream('orders').send(order(2_000, 'a'));
  await driver.stream('orders').advanceWatermarkTo(9_000);
  await driver.stream('prices').advanceWatermarkTo(1_999);
  expect(sold(driver)).toBe('');
  await driver.stream('prices').send(price(2_000, 2));
  await driver.stream('prices').advanceWatermarkTo(2_000);
  expect(sold(driver)).toBe('a@2000=2');
});

test('an order is late behind its own slot; a price never is, and counts for what comes later', async () => {
  const driver = driverFor('left', { resolution: 1_000 });
  await driver.stream('prices').send(price(1_000, 1));
  await driver.stream('orders').send(order(5_500, 'a'));
  await driver.advanceWatermarkTo(5_400);
  // The slot [5000, 6000) is open, though the watermark is within it.
  await driver.stream('orders').send(order(5_100, 'b'), order(4_999, 'late'));
  await driver.advanceWatermarkTo(8_999);
  expect(sold(driver)).toBe('b@5100=1 a@5500=1');
  expect(driver.late().map(({ event }) => event)).toEqual([order(4_999, 'late')]);

  await driver.stream('prices').send(price(5_050, 2));
  await driver.stream('orders').send(order(9_000, 'c'));
  await driver.stream('prices').send(price(3_000, 9));
  await driver.stream('orders').send(order(9_001, 'd'));
  await driver.end();
  expect(sold(driver)).toBe('b@5100=1 a@5500=1 c@9000=2 d@9001=2');
  expect(driver.late()).toHaveLength(1);
});

test('a deletion stays: an older price that comes after it brings nothing back', async () => {
  const driver = driverFor('left');
  await driver.stream('prices').send(price(1_000, 1), price(3_000, null));
  await driver.advanceWatermarkTo(10_000);
  await driver.stream('prices').send(price(2_000, 2));
  await driver.stream('orders').send(order(11_000, 'a'));
  await driver.end();
  expect(sold(driver)).toBe('a@11000=null');
});

test.each([1, 7, 1_000, 60_000])(
  'a key remembers one version (resolution %i)',
  async (resolution) => {
    const driver = driverFor('inner', { resolution });
    for (let n = 1; n <= 50; n++) {
      await driver.stream('prices').send(price(n * 100, n));
      await driver.stream('orders').send(order(n * 100 + 50, `o${n}`));
    }
    await driver.advanceWatermarkTo(60_000);
    expect(await driver.state('tea')).toMatchObject({ time: 5_000, json: '50' });
    await driver.end();
    const all = Array.from({ length: 50 }, (_, n) => `o${n + 1}@${n * 100 + 150}=${n + 1}`);
    expect(sold(driver)).toBe(all.join(' '));
  },
);

test('a quiet table holds the join until a tick finds it idle; a maxDelay lets it go on', async () => {
  const start = 1_000_000;
  const run = async (maxDelay?: number) => {
    const settings = maxDelay === undefined ? {} : { maxDelay };
    const driver = driverFor('inner', settings, { now: start });
    await driver.stream('prices').send(price(start - 60_000, 1));
    await driver.stream('orders').send(order(start - 10_000, 'a'));
    await driver.tick();
    const before = sold(driver);
    // A stream that is read to its end is idle as well: there is nobody whom the table could follow.
    driver.clock.advance(1 * MINUTES);
    await driver.tick();
    return { driver, before, after: sold(driver) };
  };
  const held = await run();
  expect([held.before, held.after]).toEqual(['', '']);
  expect(await run(30 * SECONDS)).toMatchObject({ before: '', after: 'a@990000=1' });

  const orders = held.driver.stream('orders').lane(0);
  await orders.send(order(start, 'b'));
  await orders.pause();
  await orders.send(order(start + 1, 'unread'));
  await held.driver.tick();
  // Now the stream is not idle, and the table follows it.
  expect(sold(held.driver)).toBe('a@990000=1');
});

test('goes on as a stream of events', async () => {
  const driver = testDriver<number>(
    inner()
      .map(({ left, right }) => ({ ...left, cents: right * 100 }))
      .keyBy((e) => e.product)
      .window(TumblingWindow.of(10, SECONDS))
      .sum((e) => e.cents, { name: 'turnover' })
      .to(table('turnover')),
  );
  await driver.stream('prices').send(price(1_000, 2), price(9_000, 3));
  for (const at of [2_000, 8_999, 9_999, 10_000]) {
    await driver.stream('orders').send(order(at, 'x'));
  }
  await driver.end();
  const rows = driver.results().map(({ windowStart, value }) => [windowStart, value]);
  expect(rows).toEqual([
    [0, 700],
    [10_000, 300],
  ]);
});

/** A running aggregate, and rows in groups, tell a change at the last instant of its slot of one second. */
describe('a table of any making', () => {
  const sold = async (rows: (parts: ReturnType<typeof shop>) => Table<number>) => {
    const parts = shop();
    const plan = parts.orders.leftJoinAsOf(rows(parts), { name: 'joined' }).to(table('sold'));
    const driver = testDriver<Pair>(plan);
    for (const [at, is] of [
      [1_000, 10],
      [2_000, 20],
      [3_000, null],
      [3_000, 5],
    ] as const) {
      await driver.stream('prices').send(price(at, is));
    }
    for (const [n, at] of [999, 1_000, 2_500, 3_000].entries()) {
      await driver.stream('orders').send(order(at, 'abcd'[n] ?? ''));
    }
    await driver.end();
    expect(driver.deadLetters()).toEqual([]);
    return driver
      .events()
      .map(({ value: { left, right } }) => `${left.id}=${right}`)
      .join(' ');
  };
  test.each<[string, (parts: ReturnType<typeof shop>) => Table<number>, string]>([
    ['a running count', ({ prices }) => prices.count({ name: 'n' }), 'a=null b=null c=1 d=2'],
    [
      'a running sum that is filtered',
      ({ prices }) =>
        prices.sum((e) => e.price ?? 0, { name: 'total' }).filter((total) => total < 30),
      'a=null b=null c=10 d=null',
    ],
    [
      'rows made anew',
      (parts) => pricesOf(parts).mapValues((row) => -row),
      'a=null b=-10 c=-20 d=-5',
    ],
    [
      'rows in groups',
      (parts) =>
        pricesOf(parts)
          .groupBy((_, key) => key)
          .sum((row) => row, { name: 'sums' }),
      'a=null b=null c=10 d=20',
    ],
    [
      'a join of tables',
      (parts) =>
        pricesOf(parts)
          .leftJoin(parts.orders.count({ name: 'sales' }), { name: 'both' })
          .mapValues(({ left, right }) => left * 100 + (right ?? 0)),
      'a=null b=1001 c=2002 d=503',
    ],
  ])('%s', async (_, rows, expected) => {
    expect(await sold(rows)).toBe(expected);
  });
});

test('keeps late orders where the plan says so', () => {
  const plan = left({ sideOutput: lateEvents('late-orders') }).to(table('sold'));
  expect(plan.stages[0]?.late).toMatchObject({ sideOutput: { name: 'late-orders' } });
});

test('has words and types', () => {
  const stream = inner({ name: 'priced' });
  expectTypeOf(stream)
    .toHaveProperty('type')
    .toEqualTypeOf<Joined<z.infer<typeof Order>, number> | undefined>();
  expectTypeOf(left())
    .toHaveProperty('type')
    .toEqualTypeOf<Joined<z.infer<typeof Order>, number | null> | undefined>();
  const text = describePlan(left().to(table('sold')));
  expect(text).toContain('stage orders-prices-left-join-as-of');
  expect(text).toContain('from       orders > keyBy (input 0)');
  expect(text).toContain('from       prices > map > keyBy (input 1)');
});

describe('is refused', () => {
  const { orders } = shop();
  const others = pipeline('other')
    .stream('prices', { schema: Price, timestamp: (e) => e.at, outOfOrderness: 0 })
    .keyBy((e) => e.product);
  const revised = orders
    .window(TumblingWindow.of(5, SECONDS))
    .allowedLateness(1 * SECONDS)
    .count();
  test.each<[string, () => unknown, PlanErrorCode]>([
    // @ts-expect-error a stream is no table
    ['with a stream', () => orders.joinAsOf(others), 'STAGE_INVALID'],
    // @ts-expect-error nothing is no table
    ['with nothing', () => orders.leftJoinAsOf(undefined), 'STAGE_INVALID'],
    // @ts-expect-error a table for results is no place for late events
    ['with late events in a table', () => left({ sideOutput: table('late') }), 'SINK_INVALID'],
    ['with another pipeline', () => orders.joinAsOf(others.toTable()), 'STAGE_INVALID'],
    [
      'of what is told anew',
      () => revised.keyBy(({ key }) => key).joinAsOf(pricesOf(shop())),
      'STAGE_INVALID',
    ],
  ])('%s', (_, build, code) => {
    expect(build).toThrow(expect.objectContaining({ code }));
  });
});
