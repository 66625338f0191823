import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  MINUTES,
  type Plan,
  pipeline,
  SECONDS,
  SessionWindow,
  type StageOptions,
  type StreamOptions,
  TumblingWindow,
  table,
  type WindowKind,
} from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';

const START = Date.parse('2026-03-01T12:00:00Z');

describe('results', () => {
  test('come as soon as the watermark lets them', async () => {
    const driver = testDriver<number>(perPage());
    await driver.send(click('/', 1), click('/cart', 2), click('/', 9));
    expect(driver.takeOutputs()).toEqual([]);
    await driver.send(click('/', 10));
    expect(driver.results()).toEqual([row('/', 0, 2), row('/cart', 0, 1)]);
    expect(driver.takeOutputs().map(({ key, value, revision }) => [key, value, revision])).toEqual(
      expect.arrayContaining([
        ['/', 2, 0],
        ['/cart', 1, 0],
      ]),
    );
    expect(driver.takeOutputs()).toEqual([]);
  });

  test('come from advancing the watermark without an event', async () => {
    const driver = testDriver(perPage());
    await driver.send(click('/', 1));
    await driver.advanceWatermarkTo(START + 9_998);
    expect(driver.results()).toEqual([]);
    await driver.advanceWatermarkTo('2026-03-01T12:00:09.999Z');
    expect(driver.results()).toEqual([row('/', 0, 1)]);
    expect(await driver.watermark()).toBe(START + 9_999);
    await driver.advanceWatermarkTo(new Date(START));
    expect(await driver.watermark()).toBe(START + 9_999);
  });

  test('are complete at the end', async () => {
    const driver = testDriver(perPage());
    expect(await driver.watermark()).toBe(-Infinity);
    await driver.send(click('/', 1), click('/', 31));
    await driver.end();
    expect(driver.results()).toEqual([row('/', 0, 1), row('/', 30, 1)]);
    expect(await driver.watermark()).toBe(Infinity);
  });

  test('are the same whatever the batches', async () => {
    const events = Array.from({ length: 500 }, (_, i) => click(`/${i % 7}`, i + ((i * 37) % 20)));
    const tables = [];
    for (const batchSize of [1, 7, 500]) {
      const driver = testDriver(perPage({ outOfOrderness: 20 * SECONDS }), { batchSize });
      await driver.send(...events);
      await driver.end();
      tables.push(driver.results());
    }
    expect(tables[0]?.length).toBeGreaterThan(100);
    expect(tables[1]).toEqual(tables[0]);
    expect(tables[2]).toEqual(tables[0]);
  });
});

describe('lanes', () => {
  test('hold the watermark until each has had an event', async () => {
    const driver = testDriver(perPage(), { lanes: 2 });
    await driver.lane(0).send(click('/', 1), click('/', 50));
    expect(driver.results()).toEqual([]);
    await driver.lane(1).send(click('/', 2), click('/', 15));
    expect(driver.results()).toEqual([row('/', 0, 2)]);
    await driver.lane(1).advanceWatermarkTo(START + 59_999);
    expect(driver.results()).toEqual([row('/', 0, 2), row('/', 10, 1)]);
  });

  test('hold it while they are not read, and are raised by a tick when they are idle', async () => {
    const driver = testDriver(perPage(), { lanes: 2 });
    const [busy, quiet] = [driver.lane(0), driver.lane(1)];
    await quiet.pause();
    await quiet.send(click('/', 3));
    await busy.send(click('/', 25));
    await busy.pause();
    await busy.send(click('/', 26));
    await driver.tick();
    expect(await driver.watermark()).toBe(-Infinity);
    await quiet.resume();
    await driver.tick();
    expect(driver.results()).toEqual([row('/', 0, 1)]);
  });
});

describe('what is not counted', () => {
  test('late records are told by their number', async () => {
    const driver = testDriver(perPage());
    const numbers = await driver.send(click('/', 20), click('/late', 1), click('/', 25));
    expect(numbers).toEqual([0, 1, 2]);
    expect(driver.late()).toEqual([
      { number: 1, stream: 'clicks', lane: 0, event: click('/late', 1), stage: 'per-page' },
    ]);
  });

  test('which of a batch were late cannot be told', async () => {
    const driver = testDriver(perPage(), { batchSize: 10 });
    await driver.send(click('/', 20), click('/late', 1));
    expect(() => driver.late()).toThrow(expect.objectContaining({ code: 'LATE_UNKNOWN' }));
  });

  test('dead letters have a number and a reason', async () => {
    const driver = testDriver(perPage());
    const bytes = Buffer.from('{"page"');
    await driver.send(click('/', 1), bytes, '{"page": 1}', undefined);
    expect(driver.deadLetters().map(({ number, reason }) => [number, reason])).toEqual([
      [1, 'NOT_JSON'],
      [2, 'SCHEMA'],
      [3, 'NOT_JSON'],
    ]);
  });

  test('a lane that stops at a bad record cannot come to its end', async () => {
    const driver = testDriver(perPage({ onBadRecord: 'stop' }));
    await driver.send(click('/', 1), 'bad', click('/', 50));
    expect(driver.results()).toEqual([]);
    await expect(driver.end()).rejects.toThrow('lane 0 of clicks waits at record 1');
  });
});

describe('the clock', () => {
  test('follows the events', async () => {
    const driver = testDriver(perPage());
    await driver.send(click('/', 1), click('/', 500));
    expect(driver.clock.now()).toBe(START + 500 * SECONDS);
    expect(driver.deadLetters()).toEqual([]);
  });

  test('is the test’s own if it is set: then events can come from the future', async () => {
    const driver = testDriver(perPage({ maxFutureSkew: 5 * SECONDS }), { now: START });
    await driver.send(click('/', 5), click('/', 6));
    expect(driver.deadLetters()).toMatchObject([{ number: 1, reason: 'FUTURE' }]);
    driver.clock.advance(SECONDS);
    await driver.send(click('/', 6));
    expect(driver.deadLetters()).toHaveLength(1);
  });

  test('lets a tick close the last window after maxDelay', async () => {
    const driver = testDriver(perPage({ maxDelay: MINUTES }));
    await driver.send(click('/', 5));
    driver.clock.advance(MINUTES);
    await driver.tick();
    expect(driver.results()).toEqual([]);
    driver.clock.advance(5 * SECONDS);
    await driver.tick();
    expect(driver.results()).toEqual([row('/', 0, 1)]);
  });
});

test('the state of a key can be looked into', async () => {
  const driver = testDriver(perPage({}, SessionWindow.withGap(30, SECONDS)));
  await driver.send(click('/', 5), click('/', 10), click('/other', 20));
  expect(await driver.state('/')).toEqual([
    { start: START + 5_000, last: START + 10_000, accumulator: 2, told: 0, isTold: false },
  ]);
  expect(await driver.state('/nobody')).toBeUndefined();
});

test('steps that nobody awaits happen in their order', async () => {
  const driver = testDriver(perPage());
  const first = driver.send(click('/', 1));
  const second = driver.send(click('/', 2));
  await driver.end();
  expect([await first, await second]).toEqual([[0], [1]]);
  expect(driver.results()).toEqual([row('/', 0, 2)]);
});

describe('wrong use is told', () => {
  test('at once', () => {
    const driver = testDriver(perPage(), { lanes: 2 });
    expect(() => driver.lane(2)).toThrow('there is no lane 2, only 2 from 0');
    expect(() => driver.stream('orders')).toThrow('no stream is named orders');
    expect(() => driver.results('orders')).toThrow('no sink is named orders');
    expect(() => testDriver(perPage(), { lanes: 0 })).toThrow('lanes of the driver is 0');
    expect(() => driver.clock.advance(-1)).toThrow('the clock cannot be advanced by -1 ms');
  });

  test('where a promise is given, by its refusal', async () => {
    const driver = testDriver(perPage());
    await expect(driver.advanceWatermarkTo('yesterday')).rejects.toMatchObject({
      code: 'TIME_INVALID',
    });
    await expect(driver.state('/', 'no-stage')).rejects.toMatchObject({ code: 'STAGE_UNKNOWN' });
    await driver.end();
    await expect(driver.send(click('/', 1))).rejects.toMatchObject({ code: 'ENDED' });
  });
});

test('an event that is no JSON is the test’s own error, and the next step goes on', async () => {
  const driver = testDriver(perPage());
  await driver.send(click('/', 1));
  await expect(
    driver.send({
      get page(): never {
        throw new Error('no page');
      },
    }),
  ).rejects.toThrow('no page');
  await driver.end();
  expect(driver.results()).toEqual([row('/', 0, 1)]);
});

test('is fast enough for thousands of events', async () => {
  const driver = testDriver(perPage());
  for (let i = 0; i < 3_000; i++) await driver.send(click(`/${i % 5}`, i));
  await driver.end();
  expect(driver.results().reduce((sum, { value }) => sum + Number(value), 0)).toBe(3_000);
}, 20_000);

const schema = z.object({ page: z.string(), at: z.number() });
type Click = z.infer<typeof schema>;
type Options = Partial<StreamOptions<typeof schema>>;

function perPage(options: Options = {}, window?: WindowKind, stage: StageOptions = {}): Plan {
  return pipeline('test')
    .stream('clicks', { schema, timestamp: ({ at }) => at, outOfOrderness: 0, ...options })
    .keyBy(({ page }) => page)
    .window(window ?? TumblingWindow.of(10, SECONDS))
    .count({ name: 'per-page', ...stage })
    .to(table('results'));
}

const click = (page: string, second: number): Click => ({ page, at: START + second * SECONDS });

const row = (key: string, second: number, value: number) => ({
  key,
  windowStart: START + second * SECONDS,
  windowEnd: START + (second + 10) * SECONDS,
  value,
});
