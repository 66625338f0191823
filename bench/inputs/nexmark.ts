import { SECONDS } from '../../src/time/duration.ts';
import { Arrivals } from './arrivals.ts';
import { type Draws, draws } from './draws.ts';
import type { Generate } from './generate.ts';

/*
 * An auction site, in the proportions that the Nexmark suite has published (Tucker et al., "NEXMark - A
 * Benchmark for Queries over Data Streams", and its later generators): of 50 events one is a person, three
 * are auctions and the rest bids; half of all bids go to one hot auction, three in four come from one hot
 * bidder, and three in four auctions are of one hot seller, each of which changes after a hundred.
 */

const BEGIN = Date.UTC(2026, 0, 5, 9);
const EVENTS_PER_SECOND = 1_000;
const JITTER_MS = 4 * SECONDS;
const ROUND = 50;
const AUCTIONS = 3;
const FIRST_ID = 1_000;
const HOT_FOR = 100;
/** How many auctions, and people, something may happen to. */
const OPEN_AUCTIONS = 100;
const ACTIVE_PEOPLE = 1_000;
const CITIES = ['Oslo', 'Lyon', 'Porto', 'Graz', 'Turku', 'Ghent', 'Brno', 'Leeds'];
const STATES = ['AA', 'BB', 'CC', 'DD', 'EE', 'FF'];
const CHANNELS = ['search', 'mail', 'feed', 'partner'];

/** Persons, auctions and bids, about 200, 500 and 200 bytes each. */
export const nexmark: Generate = ({ events, seed }, write) => {
  const from = draws(seed);
  const arrivals = new Arrivals(write);
  for (let n = 0; n < events; n++) {
    const time = BEGIN + Math.floor((n * SECONDS) / EVENTS_PER_SECOND);
    const event = { ...eventOf(from, n), dateTime: time, extra: from.text(30, 70) };
    const arrivalTime = time + from.below(JITTER_MS);
    arrivals.add(time, { arrivalTime, line: JSON.stringify(event) });
  }
  arrivals.end();
};

function eventOf(from: Draws, n: number) {
  const within = n % ROUND;
  if (within === 0) return person(from, n);
  return within <= AUCTIONS ? auction(from, n) : bid(from, n);
}

const lastPerson = (n: number): number => Math.floor(n / ROUND);
const lastAuction = (n: number): number =>
  Math.max(0, Math.floor(n / ROUND) * AUCTIONS + Math.min(n % ROUND, AUCTIONS) - 1);
const hot = (last: number): number => last - (last % HOT_FOR);
const recent = (from: Draws, last: number, open: number): number =>
  Math.max(0, last - from.below(open));

const person = (from: Draws, n: number) => ({
  kind: 'person',
  id: FIRST_ID + lastPerson(n),
  name: `${from.text(3, 8)} ${from.text(4, 10)}`,
  emailAddress: `${from.text(3, 8)}@${from.text(4, 8)}.example`,
  creditCard: String(from.below(10_000) * 10_000 + from.below(10_000)).padStart(16, '0'),
  city: from.pick(CITIES),
  state: from.pick(STATES),
});

const auction = (from: Draws, n: number) => {
  const initialBid = price(from);
  const last = lastPerson(n);
  return {
    kind: 'auction',
    id: FIRST_ID + lastAuction(n),
    itemName: from.text(3, 20),
    description: from.text(150, 250),
    initialBid,
    reserve: initialBid + price(from),
    seller: FIRST_ID + (from.below(4) > 0 ? hot(last) : recent(from, last, ACTIVE_PEOPLE)),
    category: 10 + from.below(5),
  };
};

const bid = (from: Draws, n: number) => ({
  kind: 'bid',
  // One in a while is for an auction that is yet to come.
  auction:
    FIRST_ID +
    (from.below(2) > 0
      ? hot(lastAuction(n))
      : recent(from, lastAuction(n), OPEN_AUCTIONS) + (from.below(10) === 0 ? 10 : 0)),
  bidder:
    FIRST_ID +
    (from.below(4) > 0 ? hot(lastPerson(n)) : recent(from, lastPerson(n), ACTIVE_PEOPLE)),
  price: price(from),
  channel: from.pick(CHANNELS),
  url: `https://auctions.example/${from.text(5, 5)}/${from.text(5, 5)}/item?query=1`,
});

/** From a cent to a million, each order of magnitude as often as the next. */
const price = (from: Draws): number => Math.round(10 ** (from.next() * 6) * 100);
