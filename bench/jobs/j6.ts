import { table } from 'tidemark';
import type { Job } from './job.ts';
import type { AuctionSite } from './schemas.ts';
import { siteStream, TABLE } from './streams.ts';

type Bid = Pick<AuctionSite, 'auction' | 'bidder' | 'price' | 'dateTime'>;
type Auction = Pick<AuctionSite, 'seller' | 'category' | 'dateTime'>;

export const j6: Job = {
  name: 'J6',
  what: 'bid with the auction valid at its time',
  input: 'nexmark',
  plan: (schema) => {
    const site = siteStream(schema, 'id', 'auction', 'bidder', 'price', 'seller', 'category');
    const auctions = site
      .filter((e) => e.kind === 'auction')
      .keyBy((e) => e.id)
      .toTable({ row: ({ seller, category }) => ({ seller, category }) });
    return site
      .filter((e) => e.kind === 'bid')
      .map(({ auction, bidder, price, dateTime }) => ({ auction, bidder, price, dateTime }))
      .keyBy((e) => e.auction)
      .joinAsOf(auctions)
      .map(({ left, right }) => ({ ...left, ...right }))
      .to(table(TABLE));
  },
  // Nothing of this input is late.
  loop: (emit) => {
    const auctions = new Map<number, Auction>();
    const bids: Bid[] = [];
    return {
      on({ kind, id, auction, bidder, price, seller, category, dateTime }: AuctionSite) {
        if (kind === 'auction') auctions.set(id, { seller, category, dateTime });
        else if (kind === 'bid') bids.push({ auction, bidder, price, dateTime });
      },
      end() {
        for (const { auction, bidder, price, dateTime } of bids) {
          const found = auctions.get(auction);
          if (found === undefined || found.dateTime > dateTime) continue;
          const { seller, category } = found;
          emit({ auction, bidder, price, dateTime, seller, category });
        }
      },
    };
  },
  rows: ({ value }) => [value as object],
};
