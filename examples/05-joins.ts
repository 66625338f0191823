import { combine, HOURS, pipeline, SECONDS, table } from 'tidemark';
import { testDriver } from 'tidemark/testing';
import * as z from 'zod';
import { at, clock } from './time-of-day.ts';

const timestamp = z.iso.datetime();
const order = z.object({ timestamp, id: z.string(), item: z.string() });
const payment = z.object({ timestamp, order: z.string() });
const price = z.object({ timestamp, item: z.string(), euros: z.number() });
const inOrder = {
  timestamp: (e: { timestamp: string }) => e.timestamp,
  outOfOrderness: 10 * SECONDS,
};

const shop = pipeline('shop');
const orders = shop.stream('orders', { schema: order, ...inOrder });
const payments = shop.stream('payments', { schema: payment, ...inOrder });
const prices = shop.stream('prices', { schema: price, ...inOrder });

/** Two streams: a pair has to happen within a time, or it could be waited for without end. */
const paid = orders
  .keyBy((e) => e.id)
  .leftJoin(
    payments.keyBy((e) => e.order),
    { after: 1 * HOURS, name: 'paid' },
  )
  .map(({ left, right }) => `${left.id} ${right ? 'is paid' : 'is not paid'}`);

/** A stream and a table: each order with the price that was valid when it was placed. */
const priced = orders
  .keyBy((e) => e.item)
  .joinAsOf(prices.keyBy((e) => e.item).toTable({ name: 'prices' }), { name: 'priced' })
  .map(({ left, right }) => `${left.id} costs ${right.euros}`);

export const plan = combine(paid.to(table('paid')), priced.to(table('priced')));

export const events = {
  prices: [
    { timestamp: at('09:00:00'), item: 'tea', euros: 4 },
    { timestamp: at('12:30:00'), item: 'tea', euros: 5 },
  ],
  orders: [
    { timestamp: at('12:00:00'), id: 'o1', item: 'tea' },
    { timestamp: at('12:40:00'), id: 'o2', item: 'tea' },
  ],
  payments: [{ timestamp: at('12:10:00'), order: 'o1' }],
};

const driver = testDriver<string>(plan);
for (const [name, some] of Object.entries(events)) await driver.stream(name).send(...some);
await driver.end();
for (const sink of ['paid', 'priced']) {
  for (const { time, value } of driver.events(sink)) console.log(`${clock(time)} ${value}`);
}
