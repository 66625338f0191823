import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import {
  MINUTES,
  pipeline,
  SECONDS,
  type StreamOptions,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { type TestDriverOptions, testDriver } from '../../src/testing/index.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';

const schema = z.object({ key: z.string() });
const START = 1_000_000_000;

function driverFor(options: StreamOptions<typeof schema>, given: TestDriverOptions = {}) {
  const plan = pipeline('test')
    .stream('events', options)
    .keyBy((e) => e.key)
    .window(TumblingWindow.of(10, SECONDS))
    .count({ name: 'counts' })
    .to(table('counts'));
  const driver = testDriver<number>(plan, { now: START, ...given });
  /** Seconds after the start, and how many. */
  const counts = () =>
    driver.results().map(({ windowStart, value }) => [(windowStart - START) / SECONDS, value]);
  return { driver, counts };
}

const event = { key: 'a' };

describe('arrival time', () => {
  test('is when the log took a record, whenever it is read', async () => {
    const { driver, counts } = driverFor({ schema, timestamp: 'arrival' });
    const lane = driver.lane(0);
    await lane.pause();
    for (const ms of [0, 9_999, 1, 10_000]) {
      driver.clock.advance(ms);
      await lane.send(event);
    }
    driver.clock.advance(10 * MINUTES);
    await lane.resume();
    await driver.end();
    // At 0 s, 9.999 s, 10 s and 20 s.
    expect(counts()).toEqual([
      [0, 2],
      [10, 1],
      [20, 1],
    ]);
    expect(driver.late()).toEqual([]);
    expect(driver.deadLetters()).toEqual([]);
  });

  test.each`
    outOfOrderness | after     | first
    ${undefined}   | ${10_999} | ${[]}
    ${undefined}   | ${11_000} | ${[[0, 1]]}
    ${0}           | ${10_000} | ${[[0, 1]]}
  `(
    'closes $outOfOrderness ms behind what arrives (at $after)',
    async ({ outOfOrderness, after, first }) => {
      const settings = outOfOrderness === undefined ? {} : { outOfOrderness };
      const { driver, counts } = driverFor({ schema, timestamp: 'arrival', ...settings });
      await driver.send(event);
      driver.clock.advance(after);
      await driver.send(event);
      expect(counts()).toEqual(first);
    },
  );

  test('closes the windows of a quiet stream by the tick, some seconds later', async () => {
    const { driver, counts } = driverFor({ schema, timestamp: 'arrival' });
    await driver.send(event);
    driver.clock.advance(14_999);
    await driver.tick();
    expect(counts()).toEqual([]);
    driver.clock.advance(1);
    await driver.tick();
    expect(counts()).toEqual([[0, 1]]);
  });
});

describe('processing time', () => {
  test('is when a batch is gathered, the same for all of it', async () => {
    const { driver, counts } = driverFor({ schema, timestamp: 'processing' }, { batchSize: 100 });
    const lane = driver.lane(0);
    await lane.pause();
    await lane.send(event, event);
    driver.clock.advance(9_999);
    await lane.send(event);
    driver.clock.advance(5_001);
    await lane.resume();
    driver.clock.advance(5_000);
    await driver.send(event);
    expect(counts()).toEqual([[10, 3]]);
    await driver.end();
    expect(counts()).toEqual([
      [10, 3],
      [20, 1],
    ]);
  });

  test('has no late events and none from the future, however long they waited', async () => {
    const { driver, counts } = driverFor({ schema, timestamp: 'processing' });
    const lane = driver.lane(0);
    await lane.pause();
    for (let n = 0; n < 5; n++) await lane.send(event);
    driver.clock.advance(60 * MINUTES);
    await lane.resume();
    await driver.end();
    expect(counts()).toEqual([[3_600, 5]]);
    expect([driver.late(), driver.deadLetters()]).toEqual([[], []]);
  });

  test('closes the windows of a quiet stream by the tick', async () => {
    const { driver, counts } = driverFor({ schema, timestamp: 'processing' }, { lanes: 3 });
    await driver.lane(1).send(event);
    driver.clock.advance(9_999);
    await driver.tick();
    expect(counts()).toEqual([]);
    driver.clock.advance(1);
    await driver.tick();
    expect(counts()).toEqual([[0, 1]]);
  });

  test('is not behind what its lane has passed, where the clock is', async () => {
    const { driver, counts } = driverFor({ schema, timestamp: 'processing' });
    await driver.advanceWatermarkTo(START + 19_999);
    await driver.send(event, event);
    await driver.end();
    expect(counts()).toEqual([[20, 2]]);
    expect(driver.late()).toEqual([]);
  });
});

test('event time: a plan that says so is as it was', async () => {
  const { driver, counts } = driverFor({ schema, timestamp: () => START + 1, outOfOrderness: 0 });
  await driver.send(event);
  await driver.end();
  expect(counts()).toEqual([[0, 1]]);
});

test('all records of a batch have one processing time, though the clock goes on', async () => {
  const plan = pipeline('test')
    .stream('events', { schema, timestamp: 'processing' })
    .keyBy((e) => e.key)
    .window(TumblingWindow.of(1))
    .count({ name: 'counts', buckets: 1 })
    .to(table('counts'));
  let now = START;
  const log = memoryLog(() => now);
  const sink = memorySink();
  const running = engine(plan, {
    store: memoryStore(),
    clock: () => now++,
    sources: { events: log },
    sinks: { counts: sink },
    deadLetters: memoryDeadLetters(),
    observe: () => undefined,
  });
  log.open('lane');
  for (let n = 0; n < 5; n++) log.append('lane', JSON.stringify(event), now);
  await running.gather('events', 'lane', log.records('lane'));
  await running.raise('events', 'lane', START + 10 * SECONDS);
  await running.fire('counts', 0, () => false);
  expect(sink.rows().map(({ value }) => value)).toEqual([5]);
});

describe('an idle stream beside one of another disorder', () => {
  const stamped = z.object({ key: z.string(), at: z.number() });
  const begin = pipeline('test');
  const read = (name: string, outOfOrderness: number, maxDelay?: number) =>
    begin.stream(name, {
      schema: stamped,
      timestamp: (e) => e.at,
      outOfOrderness,
      ...(maxDelay === undefined ? {} : { maxDelay }),
    });
  const both = (maxDelay?: number) =>
    testDriver(
      read('quick', 1 * SECONDS, maxDelay)
        .merge(read('slow', 60 * SECONDS))
        .keyBy((e) => e.key)
        .window(TumblingWindow.of(10, SECONDS))
        .count({ name: 'counts' })
        .to(table('counts')),
      { now: START },
    );
  const stamp = (at: number) => ({ key: 'a', at: START + at });

  test('follows it as far behind as its own stream may be out of order', async () => {
    const driver = both();
    const quick = driver.stream('quick').lane(0);
    await quick.send(stamp(0));
    await quick.pause();
    await quick.send(stamp(1));
    await driver.tick();
    // What is 59 s behind the newest event of the other stream is in order here.
    await driver.stream('slow').send(stamp(-59_000));
    await quick.resume();
    await driver.end();
    expect(driver.late()).toEqual([]);
    expect(driver.results()).toHaveLength(2);
  });

  test('does so too when the other one is idle and promises something', async () => {
    const driver = both(2 * SECONDS);
    await driver.stream('quick').send(stamp(0));
    await driver.tick();
    expect(await driver.watermark()).toBe(START - 2_000 - 59_000 - 1);
  });

  test('is never ahead of it', async () => {
    const driver = both();
    const slow = driver.stream('slow').lane(0);
    await slow.send(stamp(0));
    await slow.pause();
    await slow.send(stamp(1));
    await driver.stream('quick').send(stamp(-50_000));
    await driver.tick();
    expect(await driver.watermark()).toBe(START - 60_000 - 1);
    await driver.stream('quick').send(stamp(-60_000));
    expect(driver.late()).toEqual([]);
  });
});
