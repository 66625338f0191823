import { expect, test } from 'vitest';
import { type Attribution, clicksToPurchases } from '../../functions/attribution/pipeline.ts';
import { testDriver } from '../../src/testing/index.ts';

test('an order goes to the last product clicked within the hour before it', async () => {
  const driver = testDriver<Attribution>(clicksToPurchases());
  await driver
    .stream('clicks')
    .send(
      click('11:50:00', 'u1', '/products/boots'),
      click('12:20:00', 'u1', '/products/hats'),
      click('12:25:00', 'u1', '/help/sizes'),
      click('12:40:00', 'u1', '/products/maps'),
      click('12:20:00', 'u2', '/products/socks', 'view'),
      click('10:00:00', 'u3', '/products/tents'),
    );
  await driver
    .stream('orders')
    .send(order('12:30:00', 'u1'), order('12:31:00', 'u2'), order('12:32:00', 'u3'));
  await driver.end();
  expect(Object.fromEntries(driver.rows())).toEqual({
    'order-u1': { user: 'u1', amount: 10, page: '/products/hats', after: 600_000 },
    'order-u2': { user: 'u2', amount: 10, page: null, after: null },
    'order-u3': { user: 'u3', amount: 10, page: null, after: null },
  });
});

test('an hour is enough, and a millisecond more is too much', async () => {
  const driver = testDriver<Attribution>(clicksToPurchases());
  await driver.stream('clicks').send(click('12:00:00', 'u1', '/products/hats'));
  await driver
    .stream('orders')
    .send(order('13:00:00', 'u1', 'in'), order('13:00:00.001', 'u1', 'out'));
  await driver.end();
  const pages = [...driver.rows()].map(([key, { page }]) => [key, page]);
  expect(Object.fromEntries(pages)).toEqual({ in: '/products/hats', out: null });
});

const at = (time: string): string => `2026-03-01T${time}Z`;

const click = (time: string, user_id: string, url: string, action = 'click') => ({
  timestamp: at(time),
  user_id,
  action,
  url,
});

const order = (time: string, user_id: string, order_id = `order-${user_id}`) => ({
  timestamp: at(time),
  user_id,
  order_id,
  amount: 10,
});
