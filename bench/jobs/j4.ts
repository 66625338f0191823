import { SECONDS, SessionWindow, table } from 'tidemark';
import type { Job } from './job.ts';
import { entryOf } from './loop.ts';
import type { AuctionSite } from './schemas.ts';
import { siteStream, TABLE } from './streams.ts';

const GAP_MS = 10 * SECONDS;

export const j4: Job = {
  name: 'J4',
  what: 'bids per bidder and session, gap 10 s',
  input: 'nexmark',
  plan: (schema) =>
    siteStream(schema, 'bidder')
      .filter((e) => e.kind === 'bid')
      .keyBy((e) => e.bidder)
      .window(SessionWindow.withGap(10, SECONDS))
      .count()
      .to(table(TABLE)),
  // Nothing of this input is late.
  loop: (emit) => {
    const bidders = new Map<number, number[]>();
    return {
      on({ kind, bidder }: AuctionSite, time) {
        if (kind === 'bid') entryOf(bidders, bidder, () => [] as number[]).push(time);
      },
      end() {
        for (const [bidder, times] of bidders) {
          times.sort((a, b) => a - b);
          let first = 0;
          for (let n = 1; n <= times.length; n++) {
            const last = times[n - 1] as number;
            if (n < times.length && (times[n] as number) - last <= GAP_MS) continue;
            emit({ bidder, start: times[first], end: last + GAP_MS, count: n - first });
            first = n;
          }
        }
      },
    };
  },
  rows: ({ key, windowStart: start, windowEnd: end, value: count }) => [
    { bidder: Number(key), start, end, count },
  ],
};
