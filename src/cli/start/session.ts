import { zipfPage } from './pages.ts';
import { between, type Random } from './random.ts';

/** The user whose clock is a day ahead. */
export const BROKEN_CLOCK_USER = 'user-1313';

/** One event of a generated clickstream. */
export interface ClickEvent {
  /** ISO 8601, by the clock of the user's device. */
  readonly timestamp: string;
  readonly user_id: string;
  readonly session_id: string;
  readonly action: string;
  readonly url: string;
  readonly referrer?: string;
  readonly device: string;
}

/** One visit of one user; goes from page to page. */
export interface Session {
  readonly userId: string;
  readonly sessionId: string;
  readonly device: string;
  url: string | undefined;
}

const USERS = 2_000;
const DAY_MS = 86_400_000;
const REFERRERS = ['https://www.google.com/', 'https://duckduckgo.com/', 'https://news.example/'];
const DEVICES = ['mobile', 'mobile', 'mobile', 'desktop', 'desktop', 'tablet'];

/** A visit that begins now; some users visit far more often than others. */
export function newSession(random: Random, userId = anyUser(random)): Session {
  return {
    userId,
    sessionId: Math.floor(random() * 2 ** 32).toString(36),
    device: pick(random, DEVICES),
    url: undefined,
  };
}

/** What the user does next, at this time. */
export function nextEvent(random: Random, session: Session, time: number): ClickEvent {
  const action = nextAction(random);
  const referrer = session.url ?? (random() < 0.4 ? pick(random, REFERRERS) : undefined);
  const url = action === 'purchase' ? '/checkout' : zipfPage(random);
  session.url = url;
  return {
    timestamp: new Date(time + clockSkewMs(session.userId)).toISOString(),
    user_id: session.userId,
    session_id: session.sessionId,
    action,
    url,
    ...(referrer === undefined ? {} : { referrer }),
    device: session.device,
  };
}

function anyUser(random: Random): string {
  const number = Math.floor(random() ** 2 * USERS);
  return `user-${String(number).padStart(4, '0')}`;
}

function nextAction(random: Random): string {
  const roll = random();
  if (roll < 0.7) return 'click';
  if (roll < 0.9) return 'view';
  return roll < 0.97 ? 'add_to_cart' : 'purchase';
}

const clockSkewMs = (userId: string): number => (userId === BROKEN_CLOCK_USER ? DAY_MS : 0);

function pick(random: Random, from: readonly string[]): string {
  return from[Math.floor(between(random, 0, from.length))] ?? '';
}
