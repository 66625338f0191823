import { expect, test } from 'vitest';
import * as z from 'zod';
import { combine, pipeline, SECONDS, TumblingWindow, table } from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';
import { aggregated, MAGIC } from '../support/aggregated.ts';
import fc from '../support/fast-check.ts';
import { world } from './world.ts';

const events = (onBadRecord: 'deadLetter' | 'stop' = 'deadLetter') =>
  pipeline('test').stream('events', {
    schema: z.object({ at: z.number(), key: z.string() }),
    timestamp: (e) => e.at,
    outOfOrderness: 0,
    onBadRecord,
  });

/** Counts, the order of what happened, and each event by itself. */
function plan(onBadRecord?: 'deadLetter' | 'stop') {
  const stream = events(onBadRecord).filter((e) => e.key !== 'not wanted');
  const windows = stream.keyBy((e) => e.key).window(TumblingWindow.of(10, SECONDS));
  return combine(
    windows.count({ name: 'counts' }).to(table('counts')),
    windows.collect({ name: 'orders' }).to(table('orders')),
    stream.map((e) => e.at).to(table('each')),
  );
}

const sent = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .record({ at: fc.nat(40 * SECONDS), key: fc.constantFrom('a', 'b', 'not wanted', '') })
      .map((event) => JSON.stringify(event)),
  },
  fc.constant('{"at":'),
  fc.constant('{"at":1}'),
);
/** What is sent, and how many of it are packed together; of 1 nothing is packed. */
const packs = fc.array(fc.array(sent, { minLength: 1, maxLength: 6 }), { maxLength: 12 });

test('records packed into one are dealt with as by themselves, in their order', async () => {
  await fc.assert(
    fc.asyncProperty(packs, async (all) => {
      const apart = await toldOf(all.flat());
      const packed = all.map((some) => (some.length > 1 ? aggregated(some) : some[0]));
      expect(await toldOf(packed)).toEqual(apart);
    }),
    { numRuns: 40 },
  );
});

test('each record of a pack is counted, and each bad one is a letter of its own', async () => {
  const { log, gather, deadLetters, lane, seen } = world();
  log.open('one');
  const good = (at: number) => JSON.stringify({ at, key: 'k' });
  const { position } = log.append(
    'one',
    aggregated([good(1), '{', good(15_000), '}', good(2)]),
    20_000,
  );
  const last = log.append('one', MAGIC, 20_000);
  await gather('one');
  expect(await lane('one')).toMatchObject({
    records: 6,
    deadLetters: 3,
    late: 1,
    watermark: 14_999,
  });
  expect(seen).toContainEqual(expect.objectContaining({ kind: 'gathered', records: 6 }));
  const letters = deadLetters.letters();
  expect(letters.map(({ data, ...letter }) => [hex(data), letter.position, letter.index])).toEqual([
    ['7b', position, 1],
    ['7d', position, 3],
    [MAGIC.toString('hex'), last.position, 0],
  ]);
});

test('a pack with a bad record is not taken at all where the plan stops at one', async () => {
  const driver = testDriver(plan('stop'));
  const good = (at: number) => JSON.stringify({ at, key: 'k' });
  await driver.send(good(1), aggregated([good(2), '{', good(3)]), good(4));
  await driver.advanceWatermarkTo(10 * SECONDS);
  expect(driver.results('counts')).toMatchObject([{ key: 'k', value: 1 }]);
  expect(driver.events('each')).toMatchObject([{ value: 1 }]);
  expect(driver.deadLetters()).toEqual([]);
  await expect(driver.end()).rejects.toMatchObject({ code: 'ENDED' });
});

const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

async function toldOf(records: readonly unknown[]) {
  const driver = testDriver(plan(), { now: 60 * SECONDS });
  await driver.send(...records);
  await driver.end();
  return {
    counts: driver.results('counts'),
    orders: driver.results('orders'),
    each: driver.events('each').map(({ time, value }) => [time, value]),
    letters: driver.deadLetters().map(({ reason, data }) => [reason, String(data)]),
  };
}
