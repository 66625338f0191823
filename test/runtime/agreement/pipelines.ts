import {
  combine,
  HOURS,
  HoppingWindow,
  MINUTES,
  maxBy,
  type Plan,
  SECONDS,
  SessionWindow,
  SlidingWindow,
  TumblingWindow,
  table,
  type WindowResult,
} from '../../../src/index.ts';
import { type RealEvent, realStream, timeOf } from './events.ts';
import {
  countedInWindows,
  latestOf,
  lookBackRows,
  pairsWithin,
  type RowText,
  rowText,
  sessionRows,
  windowRows,
} from './recounts.ts';

/** What each stream of a plan reads. */
export type Read = Readonly<Record<string, readonly RealEvent[]>>;

/** A pipeline that has to give the same wherever it runs: to try another one, add it to the table. */
export interface Pipeline {
  readonly name: string;
  /** Of which file each stream takes so many events from the beginning. */
  readonly reads: Readonly<Record<string, readonly [dataset: string, events: number]>>;
  readonly plan: () => Plan;
  /** The rows of each table as a plain recount has them, in any order. */
  readonly recount: (read: Read) => Readonly<Record<string, readonly RowText[]>>;
}

const action = (event: RealEvent): string => event.action;
const user = (event: RealEvent): string => String(event.user_id);
const page = (event: RealEvent): string => event.page;
const NASA = 'nasa_1995_07_01';
const ms = (minutes: number): number => minutes * MINUTES;

export const PIPELINES: readonly Pipeline[] = [
  {
    name: 'tumbling counts',
    reads: { events: [NASA, 1_500] },
    plan: () =>
      realStream('events')
        .keyBy(action)
        .window(TumblingWindow.of(5, MINUTES))
        .count()
        .to(table('rows')),
    recount: ({ events = [] }) => ({
      rows: windowRows(countedInWindows(events, action, [ms(5), ms(5)])),
    }),
  },
  {
    name: 'hopping counts of what was read',
    reads: { events: ['wikipedia_edits_2015_09_12', 1_000] },
    plan: () =>
      realStream('events')
        .filter((event) => event.action === 'edit')
        .keyBy(user)
        .window(HoppingWindow.of(10, MINUTES).every(5, MINUTES))
        .count({ buckets: 2 })
        .to(table('rows')),
    recount: ({ events = [] }) => {
      const edits = events.filter((event) => event.action === 'edit');
      return { rows: windowRows(countedInWindows(edits, user, [ms(10), ms(5)])) };
    },
  },
  {
    name: 'sessions, though the events are shuffled within their minutes',
    reads: { events: ['apache_semicomplete_2015', 800] },
    plan: () =>
      realStream('events')
        .keyBy(user)
        .window(SessionWindow.withGap(30, MINUTES))
        .count({ buckets: 2 })
        .to(table('rows')),
    recount: ({ events = [] }) => ({ rows: sessionRows(events, user, ms(30)) }),
  },
  {
    name: 'the look-back at each event',
    reads: { events: [NASA, 400] },
    plan: () =>
      realStream('events')
        .keyBy(action)
        .window(SlidingWindow.of(1, MINUTES))
        .count()
        .to(table('rows')),
    recount: ({ events = [] }) => ({ rows: lookBackRows(events, action, ms(1)) }),
  },
  {
    name: 'a chain: the page with the most requests, in each window',
    reads: { events: [NASA, 600] },
    plan() {
      const counts = realStream('events')
        .keyBy(page)
        .window(HoppingWindow.of(10, MINUTES).every(5, MINUTES))
        .count({ name: 'per-page', buckets: 2 });
      const busiest = counts
        .keyBy(() => 'all')
        .window(TumblingWindow.of(5, MINUTES))
        .aggregate(
          maxBy(({ value, key }: WindowResult<number>) => value * 1_000 - key.length),
          { name: 'busiest', buckets: 2 },
        )
        .map(({ value }) => value.value * 1_000 - value.key.length);
      return combine(counts.to(table('counts')), busiest.to(table('busiest')));
    },
    recount({ events = [] }) {
      const windows = countedInWindows(events, page, [ms(10), ms(5)]);
      const busiest = [...windows].map(([start, counts]) => {
        const scores = [...counts].map(([key, count]) => count * 1_000 - key.length);
        // A result happens at the last instant of its window.
        return rowText(start + ms(5), 'all', Math.max(...scores));
      });
      return { counts: windowRows(windows), busiest };
    },
  },
  {
    name: 'two streams in one',
    reads: { july: [NASA, 500], august: ['nasa_1995_08_01', 500] },
    plan: () =>
      realStream('july')
        .merge(realStream('august').filter((event) => event.action !== 'asset'))
        .keyBy(action)
        .window(TumblingWindow.of(10, MINUTES))
        .count({ name: 'both' })
        .to(table('rows')),
    recount({ july = [], august = [] }) {
      const all = [...july, ...august.filter((event) => event.action !== 'asset')];
      return { rows: windowRows(countedInWindows(all, action, [ms(10), ms(10)])) };
    },
  },
  {
    name: 'the latest row of each key',
    reads: { events: [NASA, 600] },
    plan: () =>
      realStream('events')
        .keyBy(user)
        .toTable({
          name: 'latest',
          buckets: 2,
          resolution: 30 * SECONDS,
          row: (event) => event.page,
        })
        .to(table('rows')),
    recount: ({ events = [] }) => ({
      rows: [...latestOf(events, user)].map(([key, event]) => rowText('row', key, event.page)),
    }),
  },
  {
    name: 'events that go on as they come',
    reads: { events: [NASA, 600] },
    plan: () =>
      realStream('events')
        .filter((event) => event.action === 'view')
        .map((event) => event.page)
        .to(table('rows')),
    recount: ({ events = [] }) => ({
      rows: events
        .filter((event) => event.action === 'view')
        .map((event) => rowText(timeOf(event), 'event', event.page)),
    }),
  },
  {
    name: 'carts that are bought within an hour',
    reads: {
      added: ['online_retail_carts_2010_12', 400],
      bought: ['online_retail_carts_2010_12', 400],
    },
    plan() {
      const added = realStream('added').filter((event) => event.action === 'add_item');
      const bought = realStream('bought').filter((event) => event.action === 'purchase');
      return added
        .keyBy(user)
        .join(bought.keyBy(user), { after: HOURS, name: 'carts', buckets: 2 })
        .map(({ left, right }) => `${left.page} ${right.timestamp}`)
        .to(table('rows'));
    },
    recount({ added = [], bought = [] }) {
      const items = added.filter((event) => event.action === 'add_item');
      const purchases = bought.filter((event) => event.action === 'purchase');
      const pairs = pairsWithin([items, purchases], user, HOURS);
      const rows = pairs.map(({ time, left, right }) =>
        rowText(time, 'event', `${left.page} ${right.timestamp}`),
      );
      return { rows };
    },
  },
];
