import { expect, test } from 'vitest';
import {
  aggregate,
  combine,
  count,
  first,
  max,
  SECONDS,
  sum,
  type Table,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';
import { asObject, changesOf, type Row, rows, said, say } from './row-streams.ts';

const planOf = (made: Table<unknown>) => made.to(table('out'));

test('a running aggregate is a row for each key, which each slot changes at most once', async () => {
  const driver = testDriver(planOf(said().max(({ n }) => n)));
  await say(driver, 'left', 'a@1 - 3', 'a@1 - 5', 'b@1 - 1', 'a@2 - 4', 'a@9 - 8', 'a@3 - 9');
  await driver.end();
  // Nothing at 2 s, as 5 stays the greatest; the late 9 counts in the next open slot, at 9 s.
  expect(changesOf(driver)).toEqual(['a:  > 5', 'a: 5 > 9', 'b:  > 1']);
  expect(driver.late()).toEqual([]);
});

test('running aggregates that look at the order go by event time', async () => {
  const driver = testDriver(planOf(said().aggregate(first(({ to }) => to))));
  await say(driver, 'left', 'a@3 x 0', 'a@9 y 0', 'a@1 z 0');
  await driver.end();
  expect(changesOf(driver)).toEqual(['a:  > x', 'a: x > z']);
});

test('a running aggregate of null is no row', async () => {
  const even = aggregate({
    name: 'even',
    create: () => 0,
    add: (n: number) => n + 1,
    merge: (a, b) => a + b,
    finish: (n) => (n % 2 === 0 ? n : null),
  });
  const driver = testDriver(planOf(said().aggregate(even)));
  await say(driver, 'left', 'a@1 - 0', 'a@3 - 0', 'a@5 - 0', 'b@1 - 0');
  await driver.end();
  expect(changesOf(driver)).toEqual(['a:  > 2', 'a: 2 > ']);
  expect(asObject(driver)).toEqual({});
});

test('a row that changes leaves its old group and comes into its new one', async () => {
  const driver = testDriver(
    planOf(
      rows()
        .groupBy((row) => row.to)
        .sum((row) => row.n),
    ),
  );
  await say(
    driver,
    'left',
    'a@1 x 1',
    'b@1 x 2',
    'c@1 - 9',
    'a@3 y 4',
    'b@5',
    'c@7 x 0.5',
    'c@7 x 3',
  );
  await driver.end();
  expect(changesOf(driver)).toEqual([
    'x:  > 3',
    'x: 3 > 2',
    'x: 2 > ', // Emptied: the row is deleted.
    'x:  > 3', // And there again: in one slot the net change is told.
    'y:  > 4',
  ]);
  expect(await driver.state('x', 'left-table-grouped-sum')).toBeDefined();
});

test('a group that is left empty is forgotten', async () => {
  const driver = testDriver(
    planOf(
      rows()
        .groupBy((row) => row.to)
        .count(),
    ),
  );
  await say(driver, 'left', 'a@1 x 1', 'a@3');
  await driver.end();
  expect(await driver.state('x', 'left-table-grouped-count')).toBeUndefined();
});

test('an aggregate that cannot take back goes over the rows again', async () => {
  const byGroup = rows().groupBy((row) => row.to);
  const driver = testDriver(
    combine(
      byGroup.max((row) => row.n).to(table('max')),
      byGroup.collect((row) => row.n).to(table('collected')),
      byGroup
        .aggregate({ n: count(), most: max((row) => row.n) }, { name: 'both' })
        .to(table('both')),
    ),
  );
  await say(driver, 'left', 'a@1 x 7', 'b@2 x 2', 'c@3 x 5', 'a@4 x 1', 'c@9 y 5');
  await driver.end();
  expect(asObject(driver, 'max')).toEqual({ x: 2, y: 5 });
  expect(asObject(driver, 'collected')).toEqual({ x: [2, 1], y: [5] });
  expect(asObject(driver, 'both')).toEqual({ x: { n: 2, most: 2 }, y: { n: 1, most: 5 } });
  expect(changesOf(driver, 'max')).toEqual(['x:  > 7', 'x: 7 > 5', 'x: 5 > 2', 'y:  > 5']);
});

test('a group that holds its rows holds a limited number of them', async () => {
  const driver = testDriver(
    planOf(
      rows()
        .groupBy(() => 'all')
        .min((row) => row.n, { max: 2 }),
    ),
  );
  await say(driver, 'left', 'a@1 x 7', 'b@1 x 2', 'a@2', 'c@2 x 3');
  await expect(say(driver, 'left', 'd@4 x 1', 'e@9 x 1')).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
    message: 'a group has 3 rows, 2 are allowed',
  });
});

test('what takes back needs no limit', async () => {
  const driver = testDriver(
    planOf(
      rows()
        .groupBy(() => 'all')
        .count({ max: 1 }),
    ),
  );
  await say(driver, 'left', 'a@1 x 7', 'b@1 x 2', 'c@2 x 3');
  await driver.end();
  expect(asObject(driver)).toEqual({ all: 3 });
});

test("one's own remove() is asked for all but the last row", async () => {
  const own = {
    name: 'own',
    create: () => ({ n: 0 }),
    add: ({ n }: { n: number }, row: Row) => ({ n: n + row.n }),
    merge: (a: { n: number }, b: { n: number }) => ({ n: a.n + b.n }),
    remove(held: { n: number }, row: Row) {
      if (held.n === row.n) throw new Error('nothing would be left');
      return { n: held.n - row.n };
    },
    finish: ({ n }: { n: number }) => n,
  };
  const driver = testDriver(
    planOf(
      rows()
        .groupBy((row) => row.to)
        .aggregate(own),
    ),
  );
  await say(driver, 'left', 'a@1 x 7', 'b@1 x 2', 'a@3 y 7', 'b@3', 'c@5 y 1');
  await driver.end();
  expect(asObject(driver)).toEqual({ y: 8 });
});

test('a row that is refused leaves its group all the same, and is not missed when it goes', async () => {
  const made = rows()
    .groupBy((row) => row.to)
    .sum((row) => (row.n === 13 ? Number.NaN : row.n));
  const driver = testDriver(planOf(made));
  await say(driver, 'left', 'a@1 x 7', 'b@1 x 2', 'a@3 x 13', 'a@5 x 1', 'b@7 y 13', 'b@9');
  await driver.end();
  expect(changesOf(driver)).toEqual(['x:  > 9', 'x: 9 > 2', 'x: 2 > 3', 'x: 3 > 1']);
  expect(driver.deadLetters().map(({ source, reason }) => [source, reason])).toEqual([
    ['left-table', 'VALUE'],
    ['left-table', 'VALUE'],
  ]);
});

test('so does a row of which a function fails, or that names a group that is no key', async () => {
  const made = rows()
    .mapValues((row) => {
      if (row.n === 13) throw new Error('unlucky');
      return row;
    })
    .groupBy((row) => {
      if (row.n === 15) throw new Error('no group');
      return row.n === 14 ? '' : row.to;
    })
    .count();
  const driver = testDriver(planOf(made));
  await say(driver, 'left', 'a@1 x 7', 'a@3 x 13', 'a@5 x 1', 'a@7 x 14', 'a@9 x 2', 'a@11 x 15');
  await say(driver, 'left', 'a@13 x 3', 'a@15');
  await driver.end();
  expect(changesOf(driver)).toEqual([1, 2, 3, 4].flatMap(() => ['x:  > 1', 'x: 1 > ']));
  expect(driver.deadLetters().map(({ reason }) => reason)).toEqual(['FUNCTION', 'KEY', 'FUNCTION']);
});

test('a row that fails on its way to a table is gone there; a stream of changes has no part in that', async () => {
  const unlucky = (n: number | undefined) => {
    if (n === 13) throw new Error('unlucky');
    return n;
  };
  const all = rows();
  const counted = all
    .changes()
    .map(({ value }) => unlucky(value?.n))
    .keyBy(() => 'all')
    .count();
  const driver = testDriver(
    combine(all.mapValues(({ n }) => unlucky(n)).to(table('rows')), counted.to(table('changes'))),
  );
  await say(driver, 'left', 'a@1 x 7', 'a@3 x 13', 'a@5 x 1', 'b@7 x 13');
  await driver.end();
  expect(changesOf(driver, 'rows')).toEqual(['a:  > 7', 'a: 7 > ', 'a:  > 1']);
  expect(asObject(driver, 'changes')).toEqual({ all: 2 });
  expect(driver.deadLetters()).toHaveLength(4);
});

test('a promise is no row, and no answer', async () => {
  const later = async (): Promise<never> => Promise.reject(new Error('never seen'));
  const said = rows().filter(later as never);
  const told = rows('right')
    .changes()
    .keyBy(({ key }) => key)
    .count()
    .mapValues(later);
  const driver = testDriver(
    combine(
      planOf(said),
      told
        .groupBy(() => 'all')
        .count()
        .to(table('all')),
    ),
  );
  await say(driver, 'left', 'a@1 x 7');
  await say(driver, 'right', 'a@1 x 7');
  await driver.end();
  expect(asObject(driver, 'out')).toEqual({});
  expect(asObject(driver, 'all')).toEqual({});
  const letters = driver.deadLetters().map(({ source, detail }) => [source, detail]);
  const detail =
    'a function of the pipeline threw TypeError: it is asynchronous, and a stream cannot wait';
  expect(letters).toEqual([
    ['left-table', detail],
    ['right-table-running-count', detail],
  ]);
});

test('filter and mapValues see old rows as they saw them when they were new', async () => {
  const table1 = rows();
  const some = table1.filter((row) => row.n > 2);
  const driver = testDriver(
    combine(
      table1.to(table('all')),
      some.to(table('some')),
      some.mapValues((row, key) => (row.to === null ? null : `${key}${row.n}`)).to(table('mapped')),
    ),
  );
  await say(driver, 'left', 'a@1 x 1', 'a@3 x 5', 'a@5 - 6', 'a@7 y 7', 'a@9 y 2', 'b@9 x 3');
  await driver.end();
  expect(asObject(driver, 'all')).toEqual({ a: { to: 'y', n: 2 }, b: { to: 'x', n: 3 } });
  expect(asObject(driver, 'some')).toEqual({ b: { to: 'x', n: 3 } });
  expect(changesOf(driver, 'mapped')).toEqual([
    'a:  > a5',
    'a: a5 > ',
    'a:  > a7',
    'a: a7 > ',
    'b:  > b3',
  ]);
});

test('a table and what is made of it share the stage that keeps its rows', () => {
  const all = rows();
  const plan = combine(
    all.to(table('all')),
    all.filter(({ n }) => n > 0).to(table('some')),
    all
      .groupBy(({ to }) => to)
      .count()
      .to(table('counts')),
  );
  expect(plan.stages.map(({ name }) => name)).toEqual(['left-table', 'left-table-grouped-count']);
});

test('a change that came late is told when it is known, and counts in a window then', async () => {
  const perWindow = rows()
    .changes()
    .keyBy(({ key }) => key)
    .window(TumblingWindow.of(2, SECONDS))
    .count({ name: 'changes' });
  const driver = testDriver<number>(perWindow.to(table('out')));
  await say(driver, 'left', 'b@9 x 1', 'a@3 x 7', 'c@20 x 0');
  await driver.end();
  expect(driver.results().map(({ key, windowStart, value }) => [key, windowStart, value])).toEqual([
    ['a', 8_000, 1],
    ['b', 8_000, 1],
    ['c', 20_000, 1],
  ]);
  expect(driver.deadLetters()).toEqual([]);
});

test('changes that go to a table are events, each with a row of its own', async () => {
  const all = rows();
  const sums = all.groupBy(({ to }) => to).sum(({ n }) => n);
  const mapped = sums.changes().map(({ key, old, value }) => [key, old, value]);
  const plan = combine(all.changes().to(table('raw')), mapped.to(table('mapped')));
  const driver = testDriver(plan);
  await say(driver, 'left', 'a@1 x 1', 'a@3');
  await driver.end();
  expect(driver.events('raw').map(({ key, time, value }) => [key, time, value])).toEqual([
    ['a', 1_000, { key: 'a', value: { to: 'x', n: 1 }, time: 1_000 }],
    ['a', 3_000, { key: 'a', old: { to: 'x', n: 1 }, time: 3_000 }],
  ]);
  expect(driver.events('mapped').map(({ value }) => value)).toEqual([
    ['x', null, 1],
    ['x', 1, null],
  ]);
});

test('a table of totals is summed up once more, with what has moved taken back', async () => {
  const perTo = rows()
    .groupBy((row) => row.to)
    .sum((row) => row.n, { name: 'totals' });
  const histogram = perTo
    .groupBy((total) => (total > 5 ? 'much' : 'little'))
    .aggregate(
      {
        n: count(),
        total: sum((total) => total),
      },
      { name: 'histogram' },
    );
  const driver = testDriver(histogram.to(table('out')));
  await say(driver, 'left', 'a@1 x 3', 'b@1 y 4', 'c@3 x 4', 'a@5 y 3', 'c@7');
  await driver.end();
  expect(changesOf(driver)).toEqual([
    'little:  > {"n":2,"total":7}',
    'little: {"n":2,"total":7} > {"n":1,"total":4}',
    'little: {"n":1,"total":4} > ',
    'much:  > {"n":1,"total":7}',
  ]);
});
