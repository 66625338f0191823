import { expect, test } from 'vitest';
import { type Revenue, revenueByTier } from '../../functions/revenue/pipeline.ts';
import { testDriver } from '../../src/testing/index.ts';

test('orders are summed by the tier of their users, and follow both', async () => {
  const driver = testDriver<Revenue>(revenueByTier());
  const view = () => Object.fromEntries(driver.rows());
  const users = driver.stream('users');
  const orders = driver.stream('orders');
  await users.send(user('12:00:00', 'u1', 'basic'), user('12:00:00', 'u2', 'gold'));
  await orders.send(
    order('12:01:00', 'o1', 'u1', 10),
    order('12:02:00', 'o2', 'u2', 20),
    order('12:03:00', 'o3', 'u2', 30.5),
  );
  await driver.advanceWatermarkTo('2026-03-01T12:05:00Z');
  expect(view()).toEqual({
    basic: { orders: 1, revenue: 10 },
    gold: { orders: 2, revenue: 50.5 },
  });
  await orders.send({ ...order('12:06:00', 'o2', 'u2', 20), status: 'cancelled' });
  await users.send(user('12:06:00', 'u1', 'gold'));
  await driver.end();
  expect(view()).toEqual({ gold: { orders: 2, revenue: 40.5 } });
});

const at = (time: string, user_id: string) => ({ timestamp: `2026-03-01T${time}Z`, user_id });

const user = (time: string, user_id: string, tier: string) => ({ ...at(time, user_id), tier });

const order = (time: string, order_id: string, user_id: string, amount: number) => ({
  ...at(time, user_id),
  order_id,
  amount,
  status: 'placed',
});
