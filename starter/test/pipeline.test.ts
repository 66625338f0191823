import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDriver } from 'tidemark/testing';
import plan from '../src/pipeline.ts';

const click = (time: string, url: string) => ({ timestamp: `2026-03-01T${time}Z`, url });

test('counts the clicks of each page, whatever their order', async () => {
  const driver = testDriver<number>(plan);
  await driver.send(
    click('12:01:00', '/home'),
    click('12:04:59', '/home'),
    click('12:04:40', '/buy'),
  );
  assert.deepEqual(driver.results(), []); // Nothing yet: an event may still be 30 seconds late.
  await driver.advanceWatermarkTo('2026-03-01T12:05:00Z');
  assert.deepEqual(
    driver.results().map(({ key, value }) => [key, value]),
    [
      ['/buy', 1],
      ['/home', 2],
    ],
  );
});

test('counts no event into a window that is closed', async () => {
  const driver = testDriver<number>(plan);
  await driver.send(click('12:01:00', '/home'), click('12:06:00', '/home'));
  await driver.send(click('12:02:00', '/home'));
  assert.equal(driver.late().length, 1);
});
