import { expect, test } from 'vitest';
import { type Alert, fraudAlerts } from '../../functions/fraud/pipeline.ts';
import { testDriver } from '../../src/testing/index.ts';

test.each([
  ['one order', [order('12:00:00', 20)], []],
  ['one of an unusual amount', [order('12:00:00', 500)], ['unusual amount, 1: 500']],
  [
    'three within ten minutes, and a fourth',
    ['12:00:00', '12:05:00', '12:09:59', '12:09:59.500'].map((time) => order(time, 20)),
    ['many orders, 3: 60'],
  ],
  [
    'three in more than ten minutes',
    ['12:00:00', '12:05:00', '12:10:00'].map((time) => order(time, 20)),
    [],
  ],
  [
    'three of which one was called off',
    [order('12:00:00', 20), order('12:01:00', 20), order('12:02:00', 20, 'cancelled')],
    [],
  ],
  [
    'two runs of three, an hour apart',
    ['12:00:00', '12:00:01', '12:00:02', '13:00:00', '13:00:01', '13:00:02'].map((time) =>
      order(time, 20),
    ),
    ['many orders, 3: 60', 'many orders, 3: 60'],
  ],
])('%s', async (_, orders, alerts) => {
  const driver = testDriver<Alert>(fraudAlerts());
  await driver.send(...orders);
  await driver.end();
  const told = driver.events('fraud-alerts').map(({ value }) => value);
  expect(told.map(({ reason, orders, amount }) => `${reason}, ${orders}: ${amount}`)).toEqual(
    alerts,
  );
});

function order(time: string, amount: number, status = 'placed') {
  const timestamp = `2026-03-01T${time}Z`;
  return { timestamp, user_id: 'u1', order_id: `order-${time}`, amount, status };
}
