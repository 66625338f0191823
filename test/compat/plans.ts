import * as z from 'zod';
import {
  approximateDistinct,
  average,
  collect,
  combine,
  count,
  distinct,
  HoppingWindow,
  last,
  lateEvents,
  max,
  type Plan,
  pipeline,
  quantiles,
  reduce,
  SECONDS,
  SessionWindow,
  SlidingWindow,
  sum,
  sumDecimal,
  TumblingWindow,
  table,
  topK,
  variance,
  type WindowResult,
} from '../../src/index.ts';

/**
 * Pipelines whose state is recorded. They never change, or the records of older formats say nothing any
 * more: what is new gets a pipeline of its own.
 */
export const PLANS: Readonly<Record<string, () => Plan>> = {
  aggregates: () =>
    windowedBy(HoppingWindow.of(10, SECONDS).every(4, SECONDS))
      .allowedLateness(20 * SECONDS)
      .sideOutput(lateEvents('late'))
      .aggregate(
        {
          n: count(),
          sum: sum(({ v }: Event) => v),
          greatest: max(({ v }: Event) => v),
          mean: average(({ v }: Event) => v),
          spread: variance(({ v }: Event) => v),
          newest: last(({ v }: Event) => v),
          decimal: sumDecimal(({ v }: Event) => `${v}.1`),
          values: distinct(({ v }: Event) => v),
          about: approximateDistinct(({ v }: Event) => v),
          most: topK(3, ({ v }: Event) => v),
          shares: quantiles([0.5, 0.9], ({ v }: Event) => v),
          all: collect(({ v }: Event) => v),
          longest: reduce((a: Event, b: Event) => (a.v >= b.v ? a : b)),
        },
        { name: 'aggregates' },
      )
      .to(table('results')),

  early: () =>
    windowedBy(TumblingWindow.of(10, SECONDS))
      .emit({ every: 2 * SECONDS })
      .count({ name: 'early' })
      .to(table('results')),

  sessions: () =>
    windowedBy(SessionWindow.withGap(4, SECONDS))
      .allowedLateness(10 * SECONDS)
      .sum(({ v }) => v, { name: 'sessions' })
      .to(table('results')),

  sliding: () =>
    windowedBy(SlidingWindow.of(6, SECONDS))
      .sum(({ v }) => v, { name: 'sliding' })
      .to(table('results')),

  neighbours: () =>
    windowedBy(SlidingWindow.ofTimeDifference(3, SECONDS))
      .count({ name: 'neighbours' })
      .to(table('results')),

  chain() {
    const counts = windowedBy(TumblingWindow.of(3, SECONDS)).count({ name: 'counts' });
    const most = counts
      .keyBy(({ windowStart }) => windowStart % 2)
      .window(TumblingWindow.of(9, SECONDS))
      .max(({ value }: WindowResult<number>) => value, { name: 'most' });
    return combine(counts.to(table('counts')), most.to(table('most')));
  },

  join() {
    const [clicks, views] = both();
    return clicks
      .outerJoin(views, { before: 3 * SECONDS, after: 5 * SECONDS, name: 'join' })
      .to(table('pairs'));
  },

  'as-of'() {
    const [clicks, views] = both();
    return clicks
      .leftJoinAsOf(views.toTable({ name: 'rows', row: ({ v }) => (v > 1 ? { v } : undefined) }), {
        name: 'as-of',
      })
      .to(table('joined'));
  },

  process: () =>
    clicks()
      .process<number, number>({
        name: 'process',
        initial: 0,
        onEvent(context) {
          context.state.set(context.state.get() + 1);
          context.setTimer(context.time + 6 * SECONDS);
        },
        onTimer(context) {
          context.emit(context.state.get());
        },
      })
      .to(table('results')),

  dedupe: () =>
    stream('clicks', 'compat')
      .dedupe({ by: ({ key, v }) => `${key} ${v}`, within: 20 * SECONDS, name: 'dedupe' })
      .to(table('first')),

  evolve() {
    const balances = clicks().evolve<number>({
      name: 'evolve',
      initial: 0,
      apply: (balance, { v }) => balance * 2 + v,
      allowedLateness: 10 * SECONDS,
    });
    return combine(balances.to(table('balances')), balances.audit().to(table('audit')));
  },

  producers: () =>
    stream(SEALED, 'compat')
      .keyBy(({ key }) => key)
      .window(TumblingWindow.of(10, SECONDS))
      // A copy that is taken for another record is in a result.
      .allowedLateness(100 * SECONDS)
      .count({ name: 'producers' })
      .to(table('counts')),

  tables() {
    const rows = clicks().toTable({ name: 'rows', row: ({ v }) => (v > 1 ? { v } : undefined) });
    const sums = rows.groupBy(({ v }) => v % 3).sum(({ v }) => v, { name: 'sums' });
    const most = rows.groupBy(({ v }) => v % 3).max(({ v }) => v, { name: 'most' });
    return combine(
      rows.to(table('rows')),
      sums.join(most, { name: 'joined' }).to(table('joined')),
      rows.joinOn(sums, ({ v }) => v % 3, { name: 'pointed' }).to(table('pointed')),
    );
  },
};

/** The stream whose records bear an envelope, and are there more than once. */
export const SEALED = 'sealed';

const schema = z.object({ at: z.number(), key: z.string(), v: z.number() });
export type Event = z.infer<typeof schema>;

const settings = {
  schema,
  timestamp: (event: Event) => event.at,
  outOfOrderness: 2 * SECONDS,
};

const stream = (name: string, of: string) => pipeline(of).stream(name, settings);
const clicks = () => stream('clicks', 'compat').keyBy(({ key }) => key);
const windowedBy = (window: Parameters<ReturnType<typeof clicks>['window']>[0]) =>
  clicks().window(window);

function both() {
  const p = pipeline('compat');
  return [
    p.stream('clicks', settings).keyBy(({ key }) => key),
    p.stream('views', settings).keyBy(({ key }) => key),
  ] as const;
}
