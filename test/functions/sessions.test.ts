import { expect, test } from 'vitest';
import { type Visit, visits } from '../../functions/sessions/pipeline.ts';
import { testDriver } from '../../src/testing/index.ts';

test('a visit ends when nothing happens for five minutes', async () => {
  const driver = testDriver<Visit>(visits());
  await driver.send(
    event('12:00:00', 'u1', '/'),
    event('12:01:00', 'u2', '/help/sizes'),
    event('12:04:59', 'u1', '/deals'),
    event('12:09:00', 'u1', '/checkout', 'purchase'),
    event('12:20:00', 'u1', '/account'),
  );
  await driver.end();
  expect(shown(driver.results())).toEqual([
    ['u1', '12:00:00', { events: 3, purchases: 1, from: '/', to: '/checkout' }],
    ['u1', '12:20:00', { events: 1, purchases: 0, from: '/account', to: '/account' }],
    ['u2', '12:01:00', { events: 1, purchases: 0, from: '/help/sizes', to: '/help/sizes' }],
  ]);
});

test('what comes late joins two visits that were told apart', async () => {
  const driver = testDriver<Visit>(visits());
  await driver.send(event('12:00:00', 'u1', '/'), event('12:08:00', 'u1', '/cart'));
  await driver.advanceWatermarkTo('2026-03-01T12:13:01Z');
  expect(driver.results()).toHaveLength(2);
  await driver.send(event('12:04:00', 'u1', '/deals'));
  await driver.end();
  expect(shown(driver.results())).toEqual([
    ['u1', '12:00:00', { events: 3, purchases: 0, from: '/', to: '/cart' }],
  ]);
});

type Shown = { readonly key: string; readonly windowStart: number; readonly value: Visit };

const shown = (results: readonly Shown[]) =>
  results
    .map(
      ({ key, windowStart, value }) =>
        [key, new Date(windowStart).toISOString().slice(11, 19), value] as const,
    )
    .toSorted(([keyA, startA], [keyB, startB]) =>
      `${keyA} ${startA}` < `${keyB} ${startB}` ? -1 : 1,
    );

const event = (time: string, user_id: string, url: string, action = 'click') => ({
  timestamp: `2026-03-01T${time}Z`,
  user_id,
  action,
  url,
});
