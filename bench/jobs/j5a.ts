import { type CustomAggregate, jsonCodec, SECONDS, TumblingWindow, table } from 'tidemark';
import type { Job } from './job.ts';
import { entryOf, floorTo, Lateness } from './loop.ts';
import type { AuctionSite } from './schemas.ts';
import { siteStream, TABLE } from './streams.ts';

const WINDOW_MS = 10 * SECONDS;

/** What happened to a person in a window. */
interface Person {
  readonly name: string | null;
  readonly sells: boolean;
}

const both = (a: Person, b: Person): Person => ({
  name: a.name ?? b.name,
  sells: a.sells || b.sells,
});

const people: CustomAggregate<AuctionSite, Person, Person> = {
  name: 'people',
  create: () => ({ name: null, sells: false }),
  add: (person, { kind, name }) =>
    both(person, kind === 'person' ? { name, sells: false } : { name: null, sells: true }),
  merge: both,
  finish: (person) => person,
  codec: jsonCodec(),
};

export const j5a: Job = {
  name: 'J5a',
  what: 'new persons with auctions in the same tumbling 10 s',
  input: 'nexmark',
  plan: (schema) =>
    siteStream(schema, 'id', 'name', 'seller')
      .filter((e) => e.kind !== 'bid')
      .keyBy((e) => (e.kind === 'person' ? e.id : e.seller))
      .window(TumblingWindow.of(10, SECONDS))
      .aggregate(people)
      .filter(({ value }) => value.name !== null && value.sells)
      .to(table(TABLE)),
  loop: (emit, isLive) => {
    const windows = new Map<number, { names: Map<number, string>; sellers: Set<number> }>();
    const lateness = new Lateness(isLive);
    return {
      on({ kind, id, name, seller }: AuctionSite, time) {
        lateness.see(time);
        if (kind === 'bid') return;
        const start = floorTo(time, WINDOW_MS);
        if (lateness.isOver(start + WINDOW_MS)) return;
        const window = entryOf(windows, start, () => ({ names: new Map(), sellers: new Set() }));
        if (kind === 'person') window.names.set(id, name);
        else window.sellers.add(seller);
      },
      end() {
        for (const [windowStart, { names, sellers }] of windows) {
          for (const [id, name] of names) {
            if (!sellers.has(id)) continue;
            emit({ id, name, windowStart, windowEnd: windowStart + WINDOW_MS });
          }
        }
      },
    };
  },
  rows: ({ key, windowStart, windowEnd, value }) => [
    { id: Number(key), name: (value as Person).name, windowStart, windowEnd },
  ],
};
