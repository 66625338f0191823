import { expect, expectTypeOf, test } from 'vitest';
import {
  count,
  type Joined,
  MINUTES,
  maxBy,
  type OuterJoined,
  type Ranked,
  sum,
  type Table,
  TumblingWindow,
  type WindowResult,
} from '../../src/index.ts';
import { type Row, rows, said } from './row-streams.ts';

test('types of running aggregates are those of rows', () => {
  expectTypeOf(said().count()).toEqualTypeOf<Table<number>>();
  expectTypeOf(said().sumDecimal(({ key }) => key)).toEqualTypeOf<Table<string>>();
  expectTypeOf(said().aggregate({ n: count() }, { name: 'some' })).toEqualTypeOf<
    Table<{ readonly n: number }>
  >();
  const longest = said().aggregate(
    maxBy(
      ({ n }) => n,
      ({ to }) => to,
    ),
  );
  expectTypeOf(longest).toEqualTypeOf<Table<string>>();
  // @ts-expect-error the stream has no such property
  said().sum(({ amount }) => amount);
});

test('types of rows follow filter, mapValues and groupBy', () => {
  const pointing = rows().filter((row): row is Row & { to: string } => row.to !== null);
  expectTypeOf(pointing).toEqualTypeOf<Table<Row & { to: string }>>();
  expectTypeOf(rows().mapValues((row) => row.to)).toEqualTypeOf<Table<string>>();
  const grouped = rows().groupBy((row) => row.to);
  expectTypeOf(grouped.average((row) => row.n)).toEqualTypeOf<Table<number>>();
  expectTypeOf(grouped.topK(2, (_row) => 'x' as const, { max: 7 })).toEqualTypeOf<
    Table<readonly Ranked<'x'>[]>
  >();
  expectTypeOf(grouped.min((row) => row.n, { max: 7, buckets: 2 })).toEqualTypeOf<Table<number>>();
  // @ts-expect-error a group is named by text or a number
  rows().groupBy((row) => ({ row }));
});

test('types of joins have null where a side may be missing', () => {
  const numbers = rows('right').mapValues(({ n }) => n);
  expectTypeOf(rows().join(numbers)).toEqualTypeOf<Table<Joined<Row, number>>>();
  expectTypeOf(rows().leftJoin(numbers)).toEqualTypeOf<Table<Joined<Row, number | null>>>();
  expectTypeOf(rows().outerJoin(numbers)).toEqualTypeOf<Table<OuterJoined<Row, number>>>();
  expectTypeOf(rows().joinOn(numbers, (row) => row.to)).toEqualTypeOf<Table<Joined<Row, number>>>();
  expectTypeOf(rows().leftJoinOn(numbers, (row) => row.n)).toEqualTypeOf<
    Table<Joined<Row, number | null>>
  >();
});

test('types of windows as rows', () => {
  const sums = said()
    .window(TumblingWindow.of(1, MINUTES))
    .sum(({ n }) => n);
  expectTypeOf(sums.asTable()).toEqualTypeOf<Table<WindowResult<number>>>();
  const again = sums.asTable().groupBy(({ windowStart }) => windowStart);
  expectTypeOf(again.aggregate(sum(({ value }: WindowResult<number>) => value))).toEqualTypeOf<
    Table<number>
  >();
  expect(sums.filter(({ value }) => value > 1)).not.toHaveProperty('asTable');
});
