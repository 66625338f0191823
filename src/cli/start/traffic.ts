import { Agenda } from './agenda.ts';
import { between, exponential, type Random } from './random.ts';
import {
  BROKEN_CLOCK_USER,
  type ClickEvent,
  newSession,
  nextEvent,
  type Session,
} from './session.ts';
import type { TrafficItem } from './traffic-item.ts';

/** What to generate. Without an end and a number it never ends. */
export interface TrafficOptions {
  readonly random: Random;
  /** When the first user does something, ms. */
  readonly startTime: number;
  /** Nothing arrives after this, ms. */
  readonly endTime?: number | undefined;
  /** How many items, malformed ones included. */
  readonly events?: number | undefined;
}

/** About eight events a second: a session begins every second and visits eight pages. */
const SESSION_EVERY_MS = 1_000;
const GAP_MS = 20_000;
const LAST_PAGE_CHANCE = 1 / 8;
const SESSIONS_AT_START = GAP_MS / SESSION_EVERY_MS / LAST_PAGE_CHANCE;
const BROKEN_CLOCK_PAUSE_MS = 120_000;

const TAIL_CHANCE = 0.03;
const DELAY_MAX_MS = 25_000;
const VERY_LATE_CHANCE = 0.002;
const MALFORMED_CHANCE = 0.001;
const MINUTE_MS = 60_000;

/** These events are odd whatever the seed, so that everybody sees each kind soon. */
const FIRST_TRUNCATED = 100;
const FIRST_WITHOUT_TIMESTAMP = 200;
const FIRST_VERY_LATE = 300;

/**
 * The clickstream of a shop, in the order of arrival: sessions of users who go from page to page,
 * over networks that delay some events, with a few that were kept on a device for long, one broken
 * clock, and malformed records. The same seed gives the same traffic. Holds what is under way only.
 */
export function traffic(options: TrafficOptions): Iterable<TrafficItem> {
  return { [Symbol.iterator]: () => generate(options) };
}

function* generate({ random, startTime, endTime, events }: TrafficOptions): Generator<TrafficItem> {
  const world = new World(random, startTime);
  for (let produced = 0; produced < (events ?? Number.POSITIVE_INFINITY); produced += 1) {
    const item = world.next();
    if (item.arrivalTime > (endTime ?? Number.POSITIVE_INFINITY)) return;
    yield item;
  }
}

/** Something that is going to happen at a time: returns what arrives then, if anything does. */
interface Happening {
  readonly at: number;
  readonly happen: () => TrafficItem | undefined;
}

class World {
  readonly #agenda = new Agenda<Happening>();
  readonly #random: Random;
  /** Of the user who always comes again. Of the others' sessions some are of that user too. */
  #comesAgain: Session;
  #made = 0;
  #wasVeryLate = false;

  constructor(random: Random, startTime: number) {
    this.#random = random;
    for (let started = 0; started < SESSIONS_AT_START; started += 1) {
      this.#act(startTime + exponential(random, GAP_MS), newSession(random));
    }
    this.#comesAgain = newSession(random, BROKEN_CLOCK_USER);
    this.#act(startTime, this.#comesAgain);
    this.#openSession(startTime);
  }

  /** Lets things happen until something arrives. */
  next(): TrafficItem {
    for (;;) {
      const item = this.#agenda.take()?.happen();
      if (item !== undefined) return item;
    }
  }

  #openSession(from: number): void {
    const at = from + exponential(this.#random, SESSION_EVERY_MS);
    this.#plan(at, () => {
      this.#act(at, newSession(this.#random));
      this.#openSession(at);
    });
  }

  #act(at: number, session: Session): void {
    this.#plan(at, () => {
      this.#send(nextEvent(this.#random, session, at), at);
      if (this.#random() >= LAST_PAGE_CHANCE) {
        this.#act(at + exponential(this.#random, GAP_MS), session);
      } else if (session === this.#comesAgain) {
        const pauseMs = exponential(this.#random, BROKEN_CLOCK_PAUSE_MS);
        this.#comesAgain = newSession(this.#random, BROKEN_CLOCK_USER);
        this.#act(at + pauseMs, this.#comesAgain);
      }
    });
  }

  #send(event: ClickEvent, at: number): void {
    this.#made += 1;
    const arrivalTime = Math.ceil(at + networkDelayMs(this.#random));
    const line = this.#written(event);
    this.#agenda.add({
      at: arrivalTime,
      happen: () => ({ line, partitionKey: event.user_id, arrivalTime }),
    });
  }

  /** The event as it leaves the device. */
  #written(event: ClickEvent): string {
    const roll = this.#random();
    if (this.#made === FIRST_TRUNCATED) return truncated(event);
    if (this.#made === FIRST_WITHOUT_TIMESTAMP) return withoutTimestamp(event);
    if (this.#isFirstVeryLate(event)) return veryLate({ ...event, action: 'click' }, this.#random);
    if (roll < MALFORMED_CHANCE / 2) return truncated(event);
    if (roll < MALFORMED_CHANCE) return withoutTimestamp(event);
    if (roll < MALFORMED_CHANCE + VERY_LATE_CHANCE) return veryLate(event, this.#random);
    return JSON.stringify(event);
  }

  /** An event by a clock that is ahead cannot be late. */
  #isFirstVeryLate(event: ClickEvent): boolean {
    if (this.#wasVeryLate || this.#made < FIRST_VERY_LATE) return false;
    this.#wasVeryLate = event.user_id !== BROKEN_CLOCK_USER;
    return this.#wasVeryLate;
  }

  #plan(at: number, run: () => void): void {
    this.#agenda.add({
      at,
      happen: () => {
        run();
        return undefined;
      },
    });
  }
}

/** Mostly well under two seconds, with a tail up to 25. */
function networkDelayMs(random: Random): number {
  if (random() >= TAIL_CHANCE) return Math.min(exponential(random, 400), 2_000);
  return Math.min(2_000 + exponential(random, 6_000), DELAY_MAX_MS);
}

const truncated = (event: ClickEvent): string => {
  const line = JSON.stringify(event);
  return line.slice(0, Math.floor(line.length / 2));
};

const withoutTimestamp = ({ timestamp: _, ...rest }: ClickEvent): string => JSON.stringify(rest);

/** Happened long ago on a device without a network, and comes only now. */
const veryLate = (event: ClickEvent, random: Random): string => {
  const happened = Date.parse(event.timestamp) - between(random, 10 * MINUTE_MS, 40 * MINUTE_MS);
  return JSON.stringify({ ...event, timestamp: new Date(happened).toISOString() });
};
