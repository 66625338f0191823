import { describe, expect, test } from 'vitest';
import { combine, type Joined, last, type PlanError, type Table, table } from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';
import { asObject, changesOf, rows, said, say } from './row-streams.ts';

/** Rows that are their `n`. */
const numbers = (name: string): Table<number> => rows(name).mapValues(({ n }) => n);

type Kind = 'join' | 'leftJoin' | 'outerJoin';

describe('a join on the primary key', () => {
  const STEPS = [
    'left a@1 - 1',
    'right a@3 - 2',
    'left a@5 - 3',
    'right a@7',
    'left a@9',
    'right a@11 - 4',
    'right a@13',
  ];

  test.each<[Kind, readonly string[]]>([
    ['join', [' > 1,2', '1,2 > 3,2', '3,2 > ']],
    ['leftJoin', [' > 1,null', '1,null > 1,2', '1,2 > 3,2', '3,2 > 3,null', '3,null > ']],
    [
      'outerJoin',
      [
        ' > 1,null',
        '1,null > 1,2',
        '1,2 > 3,2',
        '3,2 > 3,null',
        '3,null > ',
        ' > null,4',
        'null,4 > ',
      ],
    ],
  ])('%s tells each change of the row', async (kind, told) => {
    const driver = testDriver(joined(kind).to(table('out')));
    for (const step of STEPS) {
      const [side = '', ...text] = step.split(' ');
      await say(driver, side, text.join(' '));
    }
    await driver.end();
    expect(changesOf(driver)).toEqual(told.map((change) => `a: ${change}`));
  });

  test.each<[string, readonly string[], readonly string[], string[]]>([
    [
      'what is said again is not told again',
      ['a@1 - 1', 'a@3 - 1'],
      ['a@2 - 2', 'a@4 - 2'],
      [' > 1,2'],
    ],
    [
      'the latest in event time is the row',
      ['a@5 - 1', 'a@2 - 9'],
      ['a@4 - 2', 'a@3'],
      [' > 9,2', '9,2 > 1,2'],
    ],
    [
      'a deletion holds against what happened before',
      ['a@1 - 1', 'a@5', 'a@9 - 3', 'a@4 - 7'],
      ['a@2 - 2'],
      [' > 1,2', '1,2 > ', ' > 3,2'],
    ],
    [
      'of one instant the last one is the row',
      ['a@1 - 1', 'a@1 - 3', 'a@1 - 5'],
      ['a@0 - 2'],
      [' > 1,2', '1,2 > 3,2', '3,2 > 5,2'],
    ],
    ['what was never there is not deleted', ['a@1', 'a@3 - 1'], ['a@2', 'a@5'], []],
  ])('%s', async (_what, left, right, told) => {
    const driver = testDriver(joined('join').to(table('out')));
    await say(driver, 'left', ...left);
    await say(driver, 'right', ...right);
    await driver.end();
    expect(changesOf(driver)).toEqual(told.map((change) => `a: ${change}`));
  });

  test('of told tables, and of a table with itself', async () => {
    const counts = said('left').count();
    const sums = rows('right')
      .groupBy(({ to }) => to)
      .sum(({ n }) => n);
    const driver = testDriver(
      combine(
        text(counts.join(sums)).to(table('told')),
        text(
          counts.outerJoin(
            counts.filter((n) => n > 1),
            { name: 'self' },
          ),
        ).to(table('self')),
      ),
    );
    await say(driver, 'left', 'x@1 - 0', 'y@2 - 0', 'x@5 - 0');
    await say(driver, 'right', 'a@1 x 4', 'b@3 y 5', 'a@7 z 1', 'c@7 x 6');
    await driver.end();
    expect(asObject(driver, 'told')).toEqual({ x: '2,6', y: '1,5' });
    expect(asObject(driver, 'self')).toEqual({ x: '2,2', y: '1,null' });
  });

  const joined = (kind: Kind): Table<string> => text(numbers('left')[kind](numbers('right')));
});

const text = (of: Table<Joined<unknown, unknown>>): Table<string> =>
  of.mapValues(({ left, right }) => `${left},${right}`);

describe('a join on a foreign key', () => {
  const pointing = (kind: 'joinOn' | 'leftJoinOn') =>
    rows('left')
      [kind](numbers('right'), (row) => row.to)
      .mapValues(({ left, right }) => `${left.n},${right}`);

  test('each left row has the right row that it points to', async () => {
    const driver = testDriver(pointing('joinOn').to(table('out')));
    await say(driver, 'left', 'a@1 x 1', 'b@1 x 2', 'c@1 y 3');
    await say(driver, 'right', 'x@3 - 7', 'x@5 - 8', 'y@7 - 9', 'y@8');
    await driver.end();
    expect(changesOf(driver)).toEqual([
      'a:  > 1,7',
      'a: 1,7 > 1,8',
      'b:  > 2,7',
      'b: 2,7 > 2,8',
      'c:  > 3,9',
      'c: 3,9 > ',
    ]);
    expect(asObject(driver)).toEqual({ a: '1,8', b: '2,8' });
  });

  test.each<['joinOn' | 'leftJoinOn', readonly string[]]>([
    ['joinOn', [' > 1,7', '1,7 > 2,8', '2,8 > ', ' > 5,7', '5,7 > ']],
    [
      'leftJoinOn',
      [' > 1,7', '1,7 > 2,8', '2,8 > 3,null', '3,null > 4,null', '4,null > 5,7', '5,7 > '],
    ],
  ])('%s: a row moves, points nowhere, to what is not there, and goes', async (kind, told) => {
    const made = pointing(kind).to(table('out'));
    const driver = testDriver(made);
    await say(driver, 'right', 'x@1 - 7', 'y@1 - 8');
    await say(driver, 'left', 'a@2 x 1', 'a@4 y 2', 'a@6 - 3', 'a@8 z 4', 'a@10 x 5', 'a@12');
    await say(driver, 'right', 'x@14 - 9', 'y@14 - 9', 'z@14 - 9');
    await driver.end();
    expect(changesOf(driver)).toEqual(told.map((change) => `a: ${change}`));
    expect(asObject(driver)).toEqual({});
    expect(await driver.state('a', made.stages.at(-1)?.name)).toBeUndefined();
  });

  test.each([1, 2, 3, 4])(
    'many moves at one instant end where the last one leads (%i)',
    async (n) => {
      const driver = testDriver(pointing('leftJoinOn').to(table('out')), { lanes: 2 });
      await say(driver, 'right', 'x@1 - 7', 'y@1 - 8', 'z@1 - 9');
      const places = ['x', 'y', 'z', '-'];
      const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
      for (let i = 0; i < 4; i++) {
        await say(driver, 'left', ...ids.map((id, j) => `${id}@3 ${places[(i * n + j) % 4]} ${i}`));
      }
      await driver.end();
      const right = new Map([
        ['x', 7],
        ['y', 8],
        ['z', 9],
      ]);
      const last = ids.map((id, j) => [
        id,
        `3,${right.get(places[(3 * n + j) % 4] ?? '') ?? null}`,
      ]);
      expect(asObject(driver)).toEqual(Object.fromEntries(last));
    },
  );

  test('a row whose foreign key fails, or is no key, is not there', async () => {
    const made = rows('left').leftJoinOn(numbers('right'), (row) => {
      if (row.n === 13) throw new Error('unlucky');
      return row.n === 14 ? ({} as never) : row.to;
    });
    const driver = testDriver(
      made.mapValues(({ left, right }) => `${left.n},${right}`).to(table('out')),
    );
    await say(driver, 'right', 'x@1 - 7');
    await say(driver, 'left', 'a@2 x 1', 'a@4 x 13', 'a@6 x 2', 'a@8 x 14', 'a@10 x 3');
    await driver.end();
    expect(changesOf(driver).map((told) => told.slice(3))).toEqual([
      ' > 1,7',
      '1,7 > ',
      ' > 2,7',
      '2,7 > ',
      ' > 3,7',
    ]);
    expect(driver.deadLetters().map(({ reason }) => reason)).toEqual(['FUNCTION', 'VALUE']);
  });

  test('a side that cannot be stored is not there', async () => {
    const numbersOrDates = rows('left')
      .changes()
      .keyBy(({ key }) => key)
      .aggregate(last(({ value }) => value?.n ?? 0))
      .mapValues((n) => (n === 13 ? new Date(0) : n));
    const driver = testDriver(text(numbersOrDates.join(numbers('right'))).to(table('out')));
    await say(driver, 'right', 'a@1 - 7');
    await say(driver, 'left', 'a@2 x 1', 'a@4 x 13', 'a@6 x 2');
    await driver.end();
    expect(changesOf(driver)).toEqual(['a:  > 1,7', 'a: 1,7 > ', 'a:  > 2,7']);
    expect(driver.deadLetters()).toHaveLength(1);
  });

  test('a materialized view of what two tables of a database were told to do', async () => {
    // As a stream of a table tells it: what was put, and what was deleted.
    const orders = rows('orders');
    const view = orders
      .joinOn(rows('customers'), (order) => order.to, { name: 'view' })
      .mapValues(({ left, right }) => ({ amount: left.n, country: right.to }));
    const perCountry = view.groupBy(({ country }) => country).sum(({ amount }) => amount);
    const driver = testDriver(combine(view.to(table('view')), perCountry.to(table('countries'))));
    await say(driver, 'customers', 'ann@1 pt 0', 'bob@1 nl 0');
    await say(driver, 'orders', 'o1@2 ann 10', 'o2@2 bob 20', 'o3@3 ann 30', 'o4@3 eve 40');
    await say(driver, 'customers', 'ann@5 nl 0', 'bob@7');
    await say(driver, 'orders', 'o3@9', 'o2@11 ann 25');
    await driver.end();
    expect(asObject(driver, 'view')).toEqual({
      o1: { amount: 10, country: 'nl' },
      o2: { amount: 25, country: 'nl' },
    });
    expect(asObject(driver, 'countries')).toEqual({ nl: 35 });
  });
});

describe('refused while building', () => {
  const other = () => rows('right');
  test.each<[string, () => unknown, PlanError['code'], RegExp]>([
    ['a join with a stream', () => rows().join(said('right') as never), 'STAGE_INVALID', /toTable/],
    [
      'a join with nothing',
      () => rows().leftJoinOn(undefined as never, () => 'x'),
      'STAGE_INVALID',
      /toTable/,
    ],
    [
      'a foreign key that is no function',
      () => rows().joinOn(other(), 'to' as never),
      'SETTING_INVALID',
      /function/,
    ],
    [
      'a group that is no function',
      () => rows().groupBy('to' as never),
      'SETTING_INVALID',
      /function/,
    ],
    [
      'a filter that is no function',
      () => rows().filter(7 as never),
      'SETTING_INVALID',
      /function/,
    ],
    [
      'a limit of no rows',
      () =>
        rows()
          .groupBy(() => 'x')
          .min(({ n }) => n, { max: 0 }),
      'SETTING_INVALID',
      /whole number from 1/,
    ],
    [
      'a stage that already has the name',
      () =>
        combine(
          rows().join(other(), { name: 'one' }).to(table('out')),
          rows().outerJoin(other(), { name: 'one' }).to(table('out')),
        ),
      'NAME_DUPLICATE',
      /name/,
    ],
  ])('%s', (_what, build, code, hint) => {
    expect(build).toThrow(
      expect.objectContaining({ name: 'PlanError', code, hint: expect.stringMatching(hint) }),
    );
  });
});
