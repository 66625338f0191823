import { expect, test } from 'vitest';
import { hotPages } from '../../functions/hot-pages/pipeline.ts';
import { testDriver } from '../../src/testing/index.ts';

test('the most clicked pages of each minute', async () => {
  const driver = testDriver(hotPages({ pages: 2 }), {
    lanes: 2,
  });
  await driver.lane(0).send(...clicks('12:00', { '/': 3, '/deals': 1, '/cart': 2 }));
  await driver.lane(1).send(...clicks('12:00', { '/': 2, '/deals': 4, '/help': 1 }));
  await driver.lane(0).send(...clicks('12:01', { '/help': 1 }));
  await driver.end();
  expect(driver.results().map(({ windowStart, value }) => [clock(windowStart), value])).toEqual([
    [
      '12:00',
      [
        { value: '/', total: 5 },
        { value: '/deals', total: 5 },
      ],
    ],
    ['12:01', [{ value: '/help', total: 1 }]],
  ]);
});

test('clicks that are too late for their minute are kept aside', async () => {
  const driver = testDriver(hotPages());
  await driver.send(...clicks('12:05', { '/': 1 }), ...clicks('12:00', { '/deals': 1 }));
  await driver.end();
  expect(driver.late()).toHaveLength(1);
  expect(driver.results()).toHaveLength(1);
});

const clock = (time: number): string => new Date(time).toISOString().slice(11, 16);

const clicks = (minute: string, pages: Readonly<Record<string, number>>) =>
  Object.entries(pages).flatMap(([url, times]) =>
    Array.from({ length: times }, (_, n) => ({
      timestamp: `2026-03-01T${minute}:0${n}Z`,
      action: 'click',
      url,
    })),
  );
