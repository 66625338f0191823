import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { combine, MINUTES, pipeline, SECONDS, TumblingWindow, table } from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';

const clicks = () =>
  pipeline('test').stream('clicks', {
    schema: z.object({ at: z.number(), page: z.string(), user: z.string() }),
    timestamp: (click) => click.at,
    outOfOrderness: 0,
  });

type Clicks = ReturnType<typeof clicks>;

const perPage = (stream: Clicks, name = 'per-page') =>
  stream
    .keyBy((click) => click.page)
    .window(TumblingWindow.of(10, SECONDS))
    .count({ name });

const click = (second: number, page: string, user = 'u') => ({ at: second * SECONDS, page, user });

async function ran(plan: Parameters<typeof testDriver>[0], ...sent: readonly object[]) {
  const driver = testDriver<unknown>(plan);
  await driver.send(...sent);
  await driver.end();
  return driver;
}

describe('results of windows that become events of their own', () => {
  const plan = perPage(clicks())
    .flatMap(({ key, value, windowEnd }) =>
      Array.from({ length: value }, (_, n) => `${key} ${n} by ${windowEnd}`),
    )
    .to(table('told'));

  test('are rows of their own, at the last instant of their window', async () => {
    const driver = await ran(plan, click(1, 'a'), click(2, 'a'), click(3, 'b'));
    expect(driver.events()).toEqual([
      { key: 'a', time: 9_999, value: 'a 0 by 10000' },
      { key: 'a', time: 9_999, value: 'a 1 by 10000' },
      { key: 'b', time: 9_999, value: 'b 0 by 10000' },
    ]);
  });

  test('are told once each', async () => {
    const driver = await ran(plan, click(1, 'a'));
    expect(driver.takeOutputs()).toMatchObject([{ shape: 'events', revision: 0, final: true }]);
  });
});

describe('several ways into one table', () => {
  test('of one stage lose nothing, whichever branch an event takes', async () => {
    const [long, short] = perPage(clicks())
      .flatMap(({ key, value }) => Array.from({ length: value }, (_, n) => ({ key, n })))
      .branch(({ n }) => n >= 2);
    const plan = long
      .map(({ n }) => `long ${n}`)
      .merge(short.map(({ n }) => `short ${n}`))
      .to(table('told'));
    const driver = await ran(plan, ...[1, 2, 3, 4].map((second) => click(second, 'a')));
    const values = driver.events().map(({ value }) => value);
    expect(values.sort()).toEqual(['long 2', 'long 3', 'short 0', 'short 1']);
  });

  test('of two stages lose nothing, though both tell of the same key at the same time', async () => {
    const stream = clicks();
    const one = perPage(stream, 'one').flatMap(({ value }) => [`one ${value}`]);
    const other = perPage(stream, 'other').flatMap(({ value }) => [`other ${value}`]);
    const driver = await ran(one.merge(other).to(table('told')), click(1, 'a'));
    expect(driver.events().map(({ value }) => value)).toEqual(['one 1', 'other 1']);
  });

  test('of the changes of a table keep their order', async () => {
    const rows = clicks()
      .keyBy((one) => one.page)
      .toTable({ name: 'pages', row: ({ user }) => user, resolution: 10 * SECONDS });
    const [even, odd] = rows.changes().branch(({ value }) => value === 'even');
    const plan = even.merge(odd).to(table('told'));
    for (const users of [
      ['odd', 'even'],
      ['even', 'odd'],
      ['odd', 'odd', 'even'],
      ['even', 'even', 'odd'],
    ]) {
      const driver = await ran(plan, ...users.map((user, n) => click(n + 1, 'a', user)));
      const told = driver.events().map(({ value }) => (value as { value: string }).value);
      expect(told).toEqual(users);
    }
  });
});

test('windows and rows in one stream are told as the events that they are', async () => {
  const stream = clicks();
  const rows = stream.keyBy((one) => one.page).toTable({ name: 'pages', row: ({ user }) => user });
  const plan = perPage(stream).merge(rows.changes()).to(table('told'));
  const driver = await ran(plan, click(1, 'a', 'me'));
  expect(driver.events()).toMatchObject([
    { key: 'a', time: 1_000, value: { key: 'a', value: 'me' } },
    { key: 'a', time: 9_999, value: { key: 'a', windowStart: 0, windowEnd: 10_000, value: 1 } },
  ]);
});

test('a table of several kinds of rows is refused, also where two stages write to it', () => {
  const stream = clicks();
  const counts = perPage(stream).to(table('told'));
  expect(() => combine(counts, stream.to(table('told')))).toThrow(
    expect.objectContaining({
      code: 'SINK_INVALID',
      message: expect.stringContaining('the table told is to hold windows and events'),
    }),
  );
});

describe('two stages into one table', () => {
  const stream = clicks();
  const byUser = () => stream.keyBy(({ user }) => user);
  const windows = (name: string) => perPage(stream, name);
  const rows = (name: string) => byUser().count({ name });

  test.each([
    ['windows', () => combine(windows('a').to(table('same')), windows('b').to(table('same')))],
    ['windows', () => windows('a').merge(windows('b')).to(table('same'))],
    ['changes', () => combine(rows('a').to(table('same')), rows('b').to(table('same')))],
  ])(
    'are refused where they tell %s: the rows of one would hide those of the other',
    (what, build) => {
      expect(build).toThrow(
        expect.objectContaining({
          code: 'SINK_INVALID',
          message: expect.stringContaining(
            `the table same is to hold ${what} of the stages a and b`,
          ),
        }),
      );
    },
  );

  test('may tell events: the stage is a part of what makes their rows', async () => {
    const told = (name: string) => windows(name).flatMap(({ value }) => [`${name} ${value}`]);
    const plan = combine(told('a').to(table('same')), told('b').to(table('same')));
    const driver = await ran(plan, click(1, 'x'));
    expect(driver.events().map(({ value }) => value)).toEqual(['a 1', 'b 1']);
  });

  test('are one where both are branches of it', async () => {
    const all = windows('a');
    const few = all.filter(({ value }) => value === 1).to(table('same'));
    const many = all.filter(({ value }) => value > 1).to(table('same'));
    const driver = await ran(combine(few, many), click(1, 'x'), click(2, 'x'), click(3, 'y'));
    expect(driver.results().map(({ key, value }) => [key, value])).toEqual([
      ['x', 2],
      ['y', 1],
    ]);
  });
});

describe('windows that are told anew', () => {
  const revised = () =>
    clicks()
      .keyBy((one) => one.page)
      .window(TumblingWindow.of(10, SECONDS))
      .allowedLateness(MINUTES)
      .count();
  /** Windows of a say 1, 2 and 3, one after the other. */
  const sent = [click(1, 'a'), click(20, 'b'), click(2, 'a'), click(40, 'b'), click(3, 'a')];
  const ofA = (driver: Awaited<ReturnType<typeof ran>>) =>
    driver.results().filter(({ key }) => key === 'a');
  const toldOfA = (driver: Awaited<ReturnType<typeof ran>>) =>
    driver
      .takeOutputs()
      .filter(({ key }) => key === 'a')
      .map(({ value, retracted }) => (retracted ? 'gone' : value));

  test('are taken back when they pass a filter no more', async () => {
    const plan = revised()
      .filter(({ value }) => value < 2)
      .to(table('few'));
    const driver = await ran(plan, ...sent);
    expect(ofA(driver)).toEqual([]);
    expect(toldOfA(driver)).toEqual([1, 'gone', 'gone']);
  });

  test('are told again when they pass again', async () => {
    const plan = revised()
      .filter(({ value }) => value !== 2)
      .to(table('not-two'));
    const driver = await ran(plan, ...sent);
    expect(ofA(driver)).toMatchObject([{ value: 3 }]);
    expect(toldOfA(driver)).toEqual([1, 'gone', 3]);
  });

  test('are not told of at all before they pass for the first time', async () => {
    const plan = revised()
      .filter(({ key }) => key !== 'a')
      .to(table('others'));
    const driver = await ran(plan, click(1, 'a'), click(20, 'b'));
    expect(toldOfA(driver)).toEqual([]);
  });

  test('stay where another way into the table has something to tell of them', async () => {
    const [few, many] = revised().branch(({ value }) => value < 2);
    if (few === undefined || many === undefined) throw new Error('two branches are expected');
    const twice = many.map((window) => ({ ...window, value: 10 * window.value }));
    const driver = await ran(few.merge(twice).to(table('all')), ...sent);
    expect(toldOfA(driver)).toHaveLength(3);
    expect(ofA(driver)).toHaveLength(1);
  });

  test('are taken back when a function fails on them, which makes a dead letter', async () => {
    const plan = revised()
      .map((window) => {
        if (window.value === 3) throw new Error('not this one');
        return window.value;
      })
      .to(table('told'));
    const driver = await ran(plan, ...sent);
    expect(ofA(driver)).toEqual([]);
    expect(driver.deadLetters()).toMatchObject([{ reason: 'FUNCTION' }]);
  });

  test('without what they said before, where no table can hold that', async () => {
    const plan = clicks()
      .keyBy((one) => one.page)
      .window(TumblingWindow.of(10, SECONDS))
      .allowedLateness(MINUTES)
      .aggregate(
        {
          create: () => 0,
          add: (n) => n + 1,
          merge: (a, b) => a + b,
          finish: (n) => new Map([[n, n]]),
        },
        { name: 'maps' },
      )
      .to(table('told'));
    const driver = await ran(plan, ...sent);
    const told = driver.takeOutputs();
    expect(told.length).toBeGreaterThan(0);
    for (const output of told) expect(output).not.toHaveProperty('old');
  });

  test('early ones too', async () => {
    const plan = clicks()
      .keyBy((one) => one.page)
      .window(TumblingWindow.of(10, SECONDS))
      .emit({ every: 2 * SECONDS })
      .count()
      .filter(({ value }) => value < 2)
      .to(table('few'));
    const driver = await ran(plan, click(1, 'a'), click(5, 'a'), click(20, 'b'));
    expect(ofA(driver)).toEqual([]);
  });
});
