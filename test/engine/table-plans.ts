import * as z from 'zod';
import {
  aggregate,
  count,
  HOURS,
  type KeyedStream,
  max,
  min,
  type Plan,
  pipeline,
  SECONDS,
  SessionWindow,
  sum,
  type Table,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { type Happening, MAX_DELAY, OUT_OF_ORDER, SKEW } from './chaos-world.ts';

/** What happens in either stream says that a row is gone, or what it is now. */
export interface Row {
  /** The row that it points to, and the group that it is in. */
  readonly to: string | null;
  readonly n: number;
}

export function rowOf({ n }: Happening): Row | null {
  const mixed = Math.imul(n + 1, 0x9e3779b1) >>> 8;
  if (mixed % 4 === 0) return null;
  const pointer = (mixed >>> 3) % 6;
  return { to: pointer < 4 ? `k${pointer}` : null, n: (mixed >>> 6) % 6 };
}

export type Rows<V = unknown> = ReadonlyMap<string, V>;

/** What has happened on the left, and the rows that are left on both sides. */
export interface Settled {
  readonly happened: readonly Happening[];
  readonly left: Rows<Row>;
  readonly right: Rows<Row>;
}

/** A plan over two streams of changes, and the obvious way to what its table must be. */
export interface TablePlan {
  readonly name: string;
  readonly plan: (options: { buckets: number; keysPerChunk: number }) => Plan;
  readonly plain: (settled: Settled) => Rows;
}

const begin = pipeline('tables');

const stream = (name: string): KeyedStream<Happening> =>
  begin
    .stream(name, {
      schema: z.object({ at: z.number(), key: z.string(), n: z.number() }),
      timestamp: ({ at }) => at,
      outOfOrderness: OUT_OF_ORDER,
      maxFutureSkew: SKEW,
      maxDelay: MAX_DELAY,
    })
    .keyBy(({ key }) => key);

const rows = (name: string, options: object): Table<Row> =>
  stream(name).toTable({ ...options, row: rowOf });

const to = (of: Table<unknown>): Plan => of.to(table('rows'));

const stats = aggregate({
  rows: count(),
  least: min(({ n }: Row) => n),
  most: max(({ n }: Row) => n),
});

export const TABLE_PLANS: readonly TablePlan[] = [
  {
    name: 'running sum',
    plan: (options) => to(stream('left').sum(({ n }) => n, options)),
    plain: ({ happened }) => totals(happened.map(({ key, n }) => [key, n] as const)),
  },
  {
    name: 'running sum, counted by the sum',
    plan: (options) =>
      to(
        stream('left')
          .sum(({ n }) => n, { ...options, name: 'sums' })
          .groupBy((total) => total % 5)
          .count(options),
      ),
    plain: ({ happened }) =>
      totals(
        [...totals(happened.map(({ key, n }) => [key, n] as const)).values()].map(
          (total) => [String(total % 5), 1] as const,
        ),
      ),
  },
  {
    name: 'sum by group',
    plan: (options) =>
      to(
        rows('left', options)
          .groupBy((row) => row.to)
          .sum((row) => row.n, options),
      ),
    plain: ({ left }) => totals(pointing(left)),
  },
  {
    name: 'what needs the rows, by group',
    plan: (options) =>
      to(
        rows('left', options)
          .groupBy((row) => row.to)
          .aggregate(stats, { ...options, name: 'stats' }),
      ),
    plain: ({ left }) =>
      new Map(
        [...grouped(pointing(left))].map(([group, numbers]) => [
          group,
          { rows: numbers.length, least: Math.min(...numbers), most: Math.max(...numbers) },
        ]),
      ),
  },
  {
    name: 'filtered and mapped, by group, and by group again',
    plan: (options) =>
      to(
        rows('left', options)
          .filter((row) => row.n % 3 > 0)
          .mapValues((row, key) => (key === 'k3' ? null : { ...row, n: row.n * 2 }))
          .groupBy((row) => row.to)
          .sum((row) => row.n, options)
          .filter((total) => total > 4)
          .groupBy((total) => total % 3)
          .count({ ...options, name: 'again' }),
      ),
    plain: ({ left }) => {
      const kept = [...left].filter(([key, row]) => row.n % 3 > 0 && key !== 'k3');
      const sums = totals(pointing(new Map(kept)).map(([group, n]) => [group, n * 2] as const));
      const passing = [...sums.values()].filter((total) => total > 4);
      return totals(passing.map((total) => [String(total % 3), 1] as const));
    },
  },
  {
    name: 'inner join',
    plan: (options) => to(rows('left', {}).join(rows('right', {}), options)),
    plain: ({ left, right }) =>
      joined(
        [...left.keys()].filter((key) => right.has(key)),
        left,
        right,
      ),
  },
  {
    name: 'left join of what is told',
    plan: (options) => {
      const left = stream('left').sum(({ n }) => n, { ...options, name: 'sums' });
      return to(left.leftJoin(rows('right', {}), options));
    },
    plain: ({ happened, right }) => {
      const left = totals(happened.map(({ key, n }) => [key, n] as const));
      return joined([...left.keys()], left, right);
    },
  },
  {
    name: 'outer join, mapped',
    plan: (options) => {
      const left = rows('left', {}).filter((row) => row.n > 2);
      return to(
        left.outerJoin(rows('right', {}), options).mapValues(({ left: l, right: r }) => ({ l, r })),
      );
    },
    plain: ({ left, right }) => {
      const kept = new Map([...left].filter(([, row]) => row.n > 2));
      const keys = new Set([...kept.keys(), ...right.keys()]);
      return new Map(
        [...keys].map((key) => [key, { l: kept.get(key) ?? null, r: right.get(key) ?? null }]),
      );
    },
  },
  {
    name: 'inner join on a foreign key',
    plan: (options) =>
      to(rows('left', options).joinOn(rows('right', {}), (row) => row.to, options)),
    plain: ({ left, right }) =>
      pointed(
        [...left].filter(([, row]) => row.to !== null && right.has(row.to)),
        right,
      ),
  },
  {
    name: 'left join on a foreign key, with itself',
    plan: (options) => {
      const left = rows('left', options);
      return to(left.leftJoinOn(left, (row) => row.to, options));
    },
    plain: ({ left }) => pointed([...left], left),
  },
  {
    name: 'join on a foreign key, by what the right row says',
    plan: (options) =>
      to(
        rows('left', options)
          .joinOn(rows('right', {}), (row) => row.to, options)
          .groupBy(({ right }) => right.to)
          .sum(({ left }) => left.n, options),
      ),
    plain: ({ left, right }) =>
      totals(
        [...left.values()].flatMap((row) => {
          const group = row.to === null ? null : (right.get(row.to)?.to ?? null);
          return group === null ? [] : [[group, row.n] as const];
        }),
      ),
  },
  {
    name: 'windows that take late events, by window',
    plan: (options) =>
      to(
        stream('left')
          .window(TumblingWindow.of(10, SECONDS))
          .allowedLateness(HOURS)
          .emit({ every: 4 * SECONDS })
          .sum(({ n }) => n, options)
          .asTable()
          .groupBy(({ windowStart }) => windowStart)
          .sum(({ value }) => value, options),
      ),
    plain: ({ happened }) =>
      totals(happened.map(({ at, n }) => [String(Math.floor(at / 10_000) * 10_000), n] as const)),
  },
  {
    name: 'sessions that take late events, by key',
    plan: (options) =>
      to(
        stream('left')
          .window(SessionWindow.withGap(2, SECONDS))
          .allowedLateness(HOURS)
          .count(options)
          .asTable()
          .mapValues(({ key, windowEnd, windowStart }) => ({ key, span: windowEnd - windowStart }))
          .groupBy(({ key }) => key)
          .aggregate(
            { sessions: count(), span: sum(({ span }) => span) },
            { ...options, name: 'all' },
          ),
      ),
    plain: ({ happened }) =>
      new Map(
        [...grouped(happened.map(({ key, at }) => [key, at] as const))].map(([key, times]) => [
          key,
          sessionsOf(
            [...times].sort((a, b) => a - b),
            2_000,
          ),
        ]),
      ),
  },
];

function grouped(pairs: readonly (readonly [string, number])[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [group, n] of pairs) groups.set(group, [...(groups.get(group) ?? []), n]);
  return groups;
}

const totals = (pairs: readonly (readonly [string, number])[]): Map<string, number> =>
  new Map([...grouped(pairs)].map(([group, all]) => [group, all.reduce((a, b) => a + b, 0)]));

const pointing = (of: Rows<Row>): (readonly [string, number])[] =>
  [...of.values()].flatMap((row) => (row.to === null ? [] : [[row.to, row.n] as const]));

const joined = (keys: readonly string[], left: Rows, right: Rows): Rows =>
  new Map(keys.map((key) => [key, { left: left.get(key) ?? null, right: right.get(key) ?? null }]));

const pointed = (left: readonly (readonly [string, Row])[], right: Rows): Rows =>
  new Map(
    left.map(([key, row]) => [
      key,
      { left: row, right: row.to === null ? null : (right.get(row.to) ?? null) },
    ]),
  );

function sessionsOf(times: readonly number[], gapMs: number): { sessions: number; span: number } {
  const breaks = times.filter((time, i) => i === 0 || time - (times[i - 1] ?? 0) > gapMs);
  const covered = times.reduce((span, time, i) => {
    const step = i === 0 ? 0 : time - (times[i - 1] ?? 0);
    return span + (step > gapMs ? 0 : step);
  }, 0);
  return { sessions: breaks.length, span: covered + breaks.length * gapMs };
}
