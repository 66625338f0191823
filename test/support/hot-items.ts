import * as z from 'zod';
import {
  combine,
  HoppingWindow,
  maxBy,
  type Plan,
  pipeline,
  SECONDS,
  TumblingWindow,
  table,
  type WindowResult,
} from '../../src/index.ts';
import { random } from './random.ts';

/** Query 5 of Nexmark, a chain of two stages: the auction with the most bids in each window. */
export function hotItems(buckets?: { readonly counts: number; readonly hottest: number }) {
  const counts = bids()
    .keyBy((bid) => bid.auction)
    .window(HoppingWindow.of(60, SECONDS).every(10, SECONDS))
    .count({ name: 'bids-per-auction', ...(buckets && { buckets: buckets.counts }) });
  const hottest = counts
    .keyBy((window) => window.windowEnd)
    .window(TumblingWindow.of(10, SECONDS))
    .aggregate(
      maxBy((window: WindowResult<number>) => window.value * 1e6 - Number(window.key)),
      { name: 'hottest', ...(buckets && { buckets: buckets.hottest }) },
    );
  return { counts, hottest };
}

/** With a table for each of the stages: `counts` and `hot`. */
export function hotItemsPlan(buckets?: Parameters<typeof hotItems>[0]): Plan {
  const { counts, hottest } = hotItems(buckets);
  return combine(counts.to(table('counts')), hottest.to(table('hot')));
}

const bids = () =>
  pipeline('auctions').stream('bids', {
    schema: z.object({ at: z.number(), auction: z.number(), bidder: z.number() }),
    timestamp: (bid) => bid.at,
    outOfOrderness: 5 * SECONDS,
    maxDelay: 10 * SECONDS,
  });

export interface Bid {
  readonly at: number;
  readonly auction: number;
  readonly bidder: number;
}

/** Bids out of order by less than what the stream allows. */
export function someBids(seed: number, howMany = 400): Bid[] {
  const chance = random(seed);
  return Array.from({ length: howMany }, (_, n) => ({
    at: n * 500 - chance.below(5 * SECONDS) + 100_000,
    auction: chance.below(7),
    bidder: chance.below(20),
  }));
}

/** How many bids each auction has in each window, by the window's end: the obvious way. */
export function bidsPerWindow(all: readonly Bid[]): Map<number, Map<number, number>> {
  const counts = new Map<number, Map<number, number>>();
  for (const { at, auction } of all) {
    const last = Math.floor(at / 10_000) * 10_000;
    for (let start = last; start > last - 60_000; start -= 10_000) {
      const window = counts.get(start + 60_000) ?? new Map<number, number>();
      window.set(auction, (window.get(auction) ?? 0) + 1);
      counts.set(start + 60_000, window);
    }
  }
  return counts;
}

/** The auction with the most bids in each window, in the order of the windows' ends. */
export function hottestOf(all: readonly Bid[]): [end: number, auction: number, bids: number][] {
  const windows = [...bidsPerWindow(all)].sort(([a], [b]) => a - b);
  return windows.map(([end, window]) => {
    const [[auction, count]] = [...window].sort((a, b) => b[1] - a[1] || a[0] - b[0]) as [
      [number, number],
    ];
    return [end, auction, count];
  });
}

/** A row of the table `hot`, in the form of `hottestOf`. */
export function hotOf(row: { readonly key: string; readonly value: unknown }) {
  const { key, value } = row.value as WindowResult<number>;
  return [Number(row.key), Number(key), value];
}
