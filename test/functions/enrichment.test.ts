import { expect, test } from 'vitest';
import { type EnrichedEvent, enrichedEvents } from '../../functions/enrichment/pipeline.ts';
import { testDriver } from '../../src/testing/index.ts';

test('an event has the tier that its user was in when it happened', async () => {
  const driver = testDriver<EnrichedEvent>(enrichedEvents());
  await driver
    .stream('users')
    .send(tier('12:00:00', 'silver'), tier('12:10:00', 'gold'), tier('12:20:00', 'basic'));
  await driver
    .stream('clicks')
    .send(
      event('11:59:59', 'add_to_cart'),
      event('12:05:00', 'add_to_cart'),
      event('12:06:00', 'click'),
      event('12:10:00', 'purchase'),
      event('12:19:59', 'purchase'),
    );
  await driver.end();
  expect(driver.events().map(({ value }) => [value.action, value.tier])).toEqual([
    ['add_to_cart', null],
    ['add_to_cart', 'silver'],
    ['purchase', 'gold'],
    ['purchase', 'gold'],
  ]);
});

const at = (time: string) => ({ timestamp: `2026-03-01T${time}Z`, user_id: 'u1' });

const tier = (time: string, name: string) => ({ ...at(time), tier: name });

const event = (time: string, action: string) => ({ ...at(time), action, url: '/cart' });
