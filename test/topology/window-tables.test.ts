import { expect, test } from 'vitest';
import {
  combine,
  count,
  HoppingWindow,
  SECONDS,
  SessionWindow,
  SlidingWindow,
  sum,
  TumblingWindow,
  table,
  type WindowKind,
} from '../../src/index.ts';
import { type TestDriver, testDriver } from '../../src/testing/index.ts';
import { counted, isLate, type Taken } from '../engine/plain-windows.ts';
import { random } from '../support/random.ts';
import { asObject, changesOf, OUT_OF_ORDER, said, say } from './row-streams.ts';

const counts = (window: WindowKind, latenessMs: number) =>
  said().window(window).allowedLateness(latenessMs).count({ name: 'counts' });

test('results of windows are rows by window and key', async () => {
  const rows = counts(TumblingWindow.of(2, SECONDS), 0).asTable();
  const many = rows.filter(({ value }) => value > 1);
  const driver = testDriver(combine(rows.to(table('all')), many.to(table('many'))));
  await say(driver, 'left', 'a@0 - 0', 'a@1 - 0', 'b@1 - 0', 'a@2 - 0');
  await driver.end();
  const row = (key: string, start: number, value: number) => ({
    key,
    windowStart: start,
    windowEnd: start + 2_000,
    value,
  });
  expect(asObject(driver, 'all')).toEqual({
    '0#a': row('a', 0, 2),
    '0#b': row('b', 0, 1),
    '2000#a': row('a', 2_000, 1),
  });
  expect(asObject(driver, 'many')).toEqual({ '0#a': row('a', 0, 2) });
});

test('results that are told anew are no rows by themselves', () => {
  const revised = counts(TumblingWindow.of(2, SECONDS), SECONDS).keyBy(({ key }) => key);
  for (const misuse of [() => revised.count(), () => revised.toTable().to(table('out'))]) {
    expect(misuse).toThrow(
      expect.objectContaining({
        code: 'STAGE_INVALID',
        hint: expect.stringMatching(/asTable\(\)/),
      }),
    );
  }
});

test('a revision changes the row, and what was summed up is taken back', async () => {
  const rows = counts(TumblingWindow.of(2, SECONDS), 10 * SECONDS)
    .asTable()
    .mapValues(({ value }) => value);
  const total = rows.groupBy((_value, key) => key.split('#')[0]).sum((value) => value);
  const driver = testDriver(combine(rows.to(table('rows')), total.to(table('totals'))));
  await say(
    driver,
    'left',
    'a@1 - 0',
    'b@1 - 0',
    'a@4 - 0',
    'a@0 - 0',
    'c@0 - 0',
    'a@9 - 0',
    'a@1 - 0',
  );
  await driver.end();
  expect(changesOf(driver, 'rows')).toEqual([
    '0#a:  > 1',
    '0#a: 1 > 2',
    '0#a: 2 > 3',
    '0#b:  > 1',
    '0#c:  > 1',
    '4000#a:  > 1',
    '8000#a:  > 1',
  ]);
  expect(changesOf(driver, 'totals')).toEqual([
    '0:  > 2',
    '0: 2 > 4',
    '0: 4 > 5',
    '4000:  > 1',
    '8000:  > 1',
  ]);
  expect(driver.deadLetters()).toEqual([]);
});

test('sessions that became one are deleted rows', async () => {
  const rows = counts(SessionWindow.withGap(2, SECONDS), 20 * SECONDS).asTable();
  const perKey = rows.groupBy(({ key }) => key).count();
  const driver = testDriver(
    combine(rows.mapValues(({ value }) => value).to(table('rows')), perKey.to(table('sessions'))),
  );
  await say(driver, 'left', 'a@1 - 0', 'a@5 - 0', 'b@12 - 0', 'a@3 - 0', 'b@20 - 0');
  await driver.end();
  expect(changesOf(driver, 'rows')).toEqual([
    '1000#a:  > 1',
    '1000#a: 1 > ',
    '1000#a:  > 3',
    '12000#b:  > 1',
    '20000#b:  > 1',
    '5000#a:  > 1',
    '5000#a: 1 > ',
  ]);
  expect(asObject(driver, 'sessions')).toEqual({ a: 1, b: 2 });
});

test('early results reach the next stage early', async () => {
  const early = said()
    .window(TumblingWindow.of(60, SECONDS))
    .emit({ every: 10 * SECONDS })
    .count({ name: 'counts' });
  const total = early
    .asTable()
    .groupBy(() => 'all')
    .sum(({ value }) => value);
  const driver = testDriver(total.to(table('totals')));
  await say(driver, 'left', 'a@1 - 0', 'b@2 - 0', 'a@12 - 0', 'a@24 - 0');
  expect(changesOf(driver)).toEqual(['all:  > 2', 'all: 2 > 3']);
  await driver.end();
  expect(changesOf(driver)).toEqual(['all: 3 > 4']);
});

test('a look-back is a row, whatever number of events of one instant tell it', async () => {
  const lookBack = counts(SlidingWindow.of(10, SECONDS), 0);
  const rows = lookBack.asTable();
  const all = rows
    .groupBy(() => 'all')
    .aggregate({ rows: count(), events: sum(({ value }) => value) }, { name: 'all' });
  const events = lookBack.flatMap(({ value }) => [value]);
  const driver = testDriver(
    combine(
      lookBack.to(table('results')),
      events.to(table('events')),
      rows.mapValues(({ value }) => value).to(table('rows')),
      all.to(table('all')),
    ),
  );
  await say(driver, 'left', 'a@1 - 0', 'a@1 - 0', 'a@1 - 0', 'b@1 - 0', 'a@2 - 0', 'a@2 - 0');
  await driver.end();
  expect(changesOf(driver, 'rows')).toEqual(['-8000#a:  > 5', '-9000#a:  > 3', '-9000#b:  > 1']);
  const told = [1, 3, 3, 3, 5, 5];
  expect(
    driver
      .takeOutputs('results')
      .map(({ value }) => value)
      .sort(),
  ).toEqual(told);
  expect(
    driver
      .events('events')
      .map(({ value }) => value)
      .sort(),
  ).toEqual(told);
  expect(asObject(driver, 'all')).toEqual({ all: { rows: 3, events: 9 } });
});

const LATENESS = 5 * SECONDS;
const SECOND_STAGE: readonly (readonly [WindowKind, early: boolean])[] = [
  [TumblingWindow.of(4, SECONDS), false],
  [TumblingWindow.of(4, SECONDS), true],
  [HoppingWindow.of(6, SECONDS).every(2, SECONDS), false],
  [HoppingWindow.of(6, SECONDS).every(2, SECONDS), true],
  [SessionWindow.withGap(SECONDS), false],
  [SlidingWindow.of(4, SECONDS), false],
  [SlidingWindow.ofTimeDifference(4, SECONDS), false],
];

/** Sliding windows take no events later than their watermark. */
const latenessOf = ({ kind }: WindowKind): number => (kind === 'perEvent' ? 0 : LATENESS);

test.each(SECOND_STAGE.map(([window, early]) => [window.name, early, window] as const))(
  'a second aggregate over late windows counts all that is accepted, once (%s, early %s)',
  async (_name, early, window) => {
    const windowed = said().window(window).allowedLateness(latenessOf(window));
    const counted = (early ? windowed.emit({ every: SECONDS }) : windowed).count({
      name: 'counts',
    });
    const perStart = counted.asTable().groupBy(({ windowStart }) => windowStart);
    const plan = perStart.aggregate(
      { keys: count(), events: sum(({ value }) => value) },
      { name: 'per-start' },
    );
    for (const seed of [1, 2, 3]) {
      const driver = testDriver(plan.to(table('out')), { lanes: 2 });
      const { taken, late } = await sendSome(driver, window, seed);
      await driver.end();
      expect(driver.late().map(({ number }) => number)).toEqual(late);
      expect(late.length).toBeGreaterThan(0);
      expect(asObject(driver)).toEqual(recount(window, taken));
      expect(driver.deadLetters()).toEqual([]);
    }
  },
);

/** Events of which some come late, and some too late. */
async function sendSome(driver: TestDriver, window: WindowKind, seed: number) {
  const chance = random(seed);
  const watermarks = [-Infinity, -Infinity];
  const taken: Taken[] = [];
  const late: number[] = [];
  for (let number = 0; number < 150; number++) {
    const behind = chance.chance(0.2) ? 14 * SECONDS : 2 * SECONDS;
    // Coarse, so that some happen at the same instant.
    const at = 100_000 + 500 * Math.floor((number * 300 - chance.below(behind)) / 500);
    const event = { at, key: chance.pick(['a', 'b', 'c']), to: null, n: 0, gone: false };
    const lane = chance.below(2);
    const watermark = Math.max(watermarks[lane] ?? 0, -8.64e15);
    if (isLate({ window, latenessMs: latenessOf(window) }, at, watermark)) late.push(number);
    else taken.push({ ...event, watermark });
    watermarks[lane] = Math.max(watermark, at - OUT_OF_ORDER - 1);
    await driver.lane(lane).send(event);
  }
  return { taken, late };
}

/** By the start of the window: how many keys and events it has. */
function recount(window: WindowKind, taken: readonly Taken[]): Record<string, unknown> {
  const starts = new Map<string, { keys: number; events: number }>();
  for (const [name, events] of counted({ window, latenessMs: latenessOf(window) }, taken)) {
    const [start = ''] = name.split(' ');
    const known = starts.get(start) ?? { keys: 0, events: 0 };
    starts.set(start, { keys: known.keys + 1, events: known.events + events });
  }
  return Object.fromEntries(starts);
}
