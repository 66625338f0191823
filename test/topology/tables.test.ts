import { expect, test } from 'vitest';
import * as z from 'zod';
import { pipeline, SECONDS, table } from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';

const products = () =>
  pipeline('shop')
    .stream('products', {
      schema: z.object({ at: z.number(), id: z.string(), price: z.number().nullable() }),
      timestamp: (product) => product.at,
      outOfOrderness: 5 * SECONDS,
    })
    .keyBy((product) => product.id)
    .toTable({ row: ({ price }) => (price === null ? undefined : { price }) });

test('a table has the latest row of each key in event time', async () => {
  const driver = testDriver(products().to(table('prices')));
  await driver.send({ at: 1_000, id: 'a', price: 1 });
  await driver.send({ at: 3_000, id: 'a', price: 3 });
  await driver.send({ at: 2_000, id: 'a', price: 2 });
  await driver.send({ at: 2_000, id: 'b', price: 7 });
  await driver.send({ at: 20_000, id: 'b', price: null });
  await driver.send({ at: 30_000, id: 'c', price: 5 });
  await driver.send({ at: 9_000, id: 'c', price: 4 });
  await driver.end();
  expect(driver.rows()).toEqual(
    new Map<string, unknown>([
      ['a', { price: 3 }],
      ['c', { price: 5 }],
    ]),
  );
  const outputs = driver.takeOutputs().sort((a, b) => (a.key < b.key ? -1 : 1));
  const told = outputs.map(({ key, value, old }) => [key, value, old]);
  expect(told).toEqual([
    ['a', { price: 1 }, undefined],
    ['a', { price: 2 }, { price: 1 }],
    ['a', { price: 3 }, { price: 2 }],
    ['b', { price: 7 }, undefined],
    ['b', undefined, { price: 7 }],
    ['c', { price: 4 }, undefined],
    ['c', { price: 5 }, { price: 4 }],
  ]);
});

test('its changes are a stream', async () => {
  const driver = testDriver(
    products()
      .changes()
      .filter(({ value, old }) => value !== undefined && old !== undefined)
      .map(({ key, value, old }) => `${key}: ${old?.price} > ${value?.price}`)
      .keyBy((text) => text)
      .toTable({ name: 'moves' })
      .to(table('moves')),
  );
  for (const price of [1, 2, null, 3, 4]) await driver.send({ at: 1_000, id: 'a', price });
  await driver.end();
  expect([...driver.rows().values()].sort()).toEqual(['a: 1 > 2', 'a: 3 > 4']);
});
