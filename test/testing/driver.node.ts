import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { pipeline, SECONDS, TumblingWindow, table } from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';

/** The driver without vitest; driver-node.test.ts has node run it. */
test('clicks per page', async () => {
  const plan = pipeline('test')
    .stream('clicks', {
      schema: z.object({ page: z.string(), at: z.number() }),
      timestamp: ({ at }) => at,
      outOfOrderness: 0,
    })
    .keyBy(({ page }) => page)
    .window(TumblingWindow.of(10, SECONDS))
    .count()
    .to(table('results'));
  const driver = testDriver<number>(plan);
  await driver.send({ page: '/', at: 1_000 }, { page: '/', at: 2_000 });
  await driver.end();
  assert.deepEqual(driver.results(), [{ key: '/', windowStart: 0, windowEnd: 10_000, value: 2 }]);
});
