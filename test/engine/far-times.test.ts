import { expect, test } from 'vitest';
import * as z from 'zod';
import { pipeline, table } from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';

const NOW = Date.UTC(2026, 2, 1);
const FIRST = 1 - 2 ** 50;

const collected = () =>
  pipeline('test')
    .stream('events', {
      schema: z.object({ at: z.number() }),
      timestamp: ({ at }) => at,
      outOfOrderness: 0,
    })
    .keyBy(() => 'a')
    .collect(({ at }) => at)
    .to(table('collected'));

test('an event of any time that is accepted keeps it, however far it comes behind', async () => {
  const driver = testDriver(collected());
  for (const at of [NOW, FIRST, FIRST + 1, FIRST + 2, NOW + 5_000]) await driver.send({ at });
  await driver.end();
  expect(driver.rows().get('a')).toEqual([FIRST, FIRST + 1, FIRST + 2, NOW, NOW + 5_000]);
  expect(driver.deadLetters()).toEqual([]);
});

test.each([FIRST - 1, -8.2e15 + 1, '2026-02-30T00:00:00Z'])(
  'an event at %s has no usable time, and moves nothing',
  async (at) => {
    const stream = pipeline('test').stream('events', {
      schema: z.object({ at: z.union([z.number(), z.string()]) }),
      timestamp: (event) => event.at,
      outOfOrderness: 0,
    });
    const plan = stream
      .keyBy(() => 'a')
      .count()
      .to(table('counts'));
    const driver = testDriver(plan);
    await driver.send({ at: NOW }, { at }, { at: NOW + 1 });
    await driver.end();
    expect(driver.rows().get('a')).toBe(2);
    expect(driver.deadLetters()).toMatchObject([{ number: 1, reason: 'TIMESTAMP' }]);
  },
);
