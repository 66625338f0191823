import { table } from 'tidemark';
import type { Job } from './job.ts';
import type { AuctionSite } from './schemas.ts';
import { siteStream, TABLE } from './streams.ts';

const converted = ({ auction, bidder, price, dateTime }: AuctionSite) => ({
  auction,
  bidder,
  price: Math.trunc((price * 908) / 1000),
  dateTime,
});

export const j1: Job = {
  name: 'J1',
  what: 'parse, filter, map',
  input: 'nexmark',
  plan: (schema) =>
    siteStream(schema, 'auction', 'bidder', 'price')
      .filter((e) => e.kind === 'bid')
      .map(converted)
      .to(table(TABLE)),
  loop: (emit) => ({
    on(event: AuctionSite) {
      if (event.kind === 'bid') emit(converted(event));
    },
    end() {},
  }),
  rows: ({ value }) => [value as object],
};
