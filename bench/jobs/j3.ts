import {
  type CustomAggregate,
  HoppingWindow,
  jsonCodec,
  SECONDS,
  TumblingWindow,
  table,
  type WindowResult,
} from 'tidemark';
import type { Job } from './job.ts';
import { counted, entryOf, floorTo, Lateness } from './loop.ts';
import type { AuctionSite } from './schemas.ts';
import { siteStream, TABLE } from './streams.ts';

const WINDOW_MS = 60 * SECONDS;
const ADVANCE_MS = 10 * SECONDS;

/** The auctions with the most bids, as many as there are. */
interface Hottest {
  readonly count: number;
  readonly auctions: readonly number[];
}

const hotter = (a: Hottest, b: Hottest): Hottest => {
  if (a.count !== b.count) return a.count > b.count ? a : b;
  return { count: a.count, auctions: [...a.auctions, ...b.auctions] };
};

const hottest: CustomAggregate<WindowResult<number>, Hottest, Hottest> = {
  name: 'hottest',
  create: () => ({ count: 0, auctions: [] }),
  add: (most, { key, value: count }) =>
    count < most.count ? most : hotter(most, { count, auctions: [Number(key)] }),
  merge: hotter,
  finish: (most) => most,
  codec: jsonCodec(),
};

export const j3: Job = {
  name: 'J3',
  what: 'bids per auction, hopping 60 s by 10 s, then the most per window',
  input: 'nexmark',
  plan: (schema) =>
    siteStream(schema, 'auction')
      .filter((e) => e.kind === 'bid')
      .keyBy((e) => e.auction)
      .window(HoppingWindow.of(60, SECONDS).every(10, SECONDS))
      .count()
      .keyBy((w) => w.windowEnd)
      .window(TumblingWindow.of(1, SECONDS))
      .aggregate(hottest)
      .to(table(TABLE)),
  loop: (emit, isLive) => {
    const windows = new Map<number, Map<number, number>>();
    const lateness = new Lateness(isLive);
    return {
      on({ kind, auction }: AuctionSite, time) {
        lateness.see(time);
        if (kind !== 'bid') return;
        for (let s = floorTo(time, ADVANCE_MS); s > time - WINDOW_MS; s -= ADVANCE_MS) {
          if (lateness.isOver(s + WINDOW_MS)) continue;
          counted(
            entryOf(windows, s, () => new Map<number, number>()),
            auction,
          );
        }
      },
      end() {
        for (const [windowStart, auctions] of windows) {
          const most = Math.max(...auctions.values());
          for (const [auction, count] of auctions) {
            if (count < most) continue;
            emit({ windowStart, windowEnd: windowStart + WINDOW_MS, auction, count });
          }
        }
      },
    };
  },
  rows: ({ key, value }) => {
    const { count, auctions } = value as Hottest;
    const windowEnd = Number(key);
    const windowStart = windowEnd - WINDOW_MS;
    return auctions.map((auction) => ({ windowStart, windowEnd, auction, count }));
  },
};
