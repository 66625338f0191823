import { HOURS, MINUTES, SECONDS } from '../../src/time/duration.ts';
import { Arrivals } from './arrivals.ts';
import { draws, zipf } from './draws.ts';
import type { Generate } from './generate.ts';

const BEGIN = Date.UTC(2026, 0, 5, 9);
const EVENTS_PER_SECOND = 100;
const JITTER_MS = 4 * SECONDS;
/** One event in so many comes late, by 20 to 60 minutes. */
const LATE_ONE_IN = 1_000;
const PAGES = 10_000;
const USERS = 100_000;
/** Of a hundred events. */
const ACTIONS = { click: 50, view: 38, add_item: 6, remove_item: 2, checkout: 2, purchase: 2 };
const PAID: readonly string[] = ['add_item', 'checkout', 'purchase'];

/** What people do in a web shop: few pages and users have most of it, as Zipf's law says. */
export const clicks: Generate = ({ events, seed }, write) => {
  const from = draws(seed);
  const page = zipf(PAGES, 1, from);
  const user = zipf(USERS, 0.6, from);
  const actions = Object.entries(ACTIONS).flatMap(([action, n]) => Array<string>(n).fill(action));
  const arrivals = new Arrivals(write);
  const end = BEGIN + Math.floor((events * SECONDS) / EVENTS_PER_SECOND);
  for (let n = 0; n < events; n++) {
    const time = BEGIN + Math.floor((n * SECONDS) / EVENTS_PER_SECOND);
    const action = from.pick(actions);
    const event = {
      timestamp: new Date(time).toISOString(),
      event_id: n,
      user_id: 1 + user(),
      action,
      page: `/products/${1 + page()}`,
      ...(PAID.includes(action) && { amount: (100 + from.below(49_900)) / 100 }),
    };
    const jitter = from.below(JITTER_MS);
    const lateBy = 20 * MINUTES + from.below(40 * MINUTES);
    const isLate = from.below(LATE_ONE_IN) === 0 && time + lateBy < end && lateBy < HOURS;
    arrivals.add(time, {
      arrivalTime: time + (isLate ? lateBy : jitter),
      line: JSON.stringify(event),
    });
  }
  arrivals.end();
};
