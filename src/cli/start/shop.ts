import { between, type Random } from './random.ts';
import type { ClickEvent } from './session.ts';
import type { TrafficItem } from './traffic-item.ts';

/**
 * What a shop tells besides the clicks that its visitors make: whenever one buys something there is an
 * order, whenever one takes something there is a line of a cart, and every visit says which tier the user
 * is in. The clicks pass through as they are, on the stream `clicks`.
 */
export function* shop(clicks: Iterable<TrafficItem>, random: Random): Generator<TrafficItem> {
  const carts = new Carts();
  const visits = new Set<string>();
  for (const item of clicks) {
    yield { ...item, stream: 'clicks' };
    const event = eventOf(item);
    if (event === undefined) continue;
    const others = [
      ...(isNew(visits, event.session_id) ? [userOf(event, random)] : []),
      ...(event.action === 'add_to_cart' ? [carts.added(event, random)] : []),
      ...(event.action === 'purchase' ? bought(event, random, carts) : []),
    ];
    // A sensor of the shop itself, not of a device: nothing of it is late.
    const told = { partitionKey: item.partitionKey, arrivalTime: item.arrivalTime };
    for (const { stream, ...fields } of others) {
      yield { ...told, stream, line: JSON.stringify(fields) };
    }
  }
}

type Told = { readonly stream: string } & Readonly<Record<string, unknown>>;

/** More visits than this at once there are not. */
const VISITS_MAX = 10_000;

function isNew(visits: Set<string>, id: string): boolean {
  if (visits.has(id)) return false;
  if (visits.size > VISITS_MAX) visits.clear();
  visits.add(id);
  return true;
}

/** Clicks of broken clocks and broken lines make no orders. */
function eventOf({ line, arrivalTime }: TrafficItem): ClickEvent | undefined {
  if (typeof line !== 'string' || !line.endsWith('}')) return undefined;
  const event = JSON.parse(line) as ClickEvent;
  const delayMs = arrivalTime - Date.parse(event.timestamp);
  return delayMs >= 0 && delayMs < USUAL_DELAY_MS ? event : undefined;
}

const USUAL_DELAY_MS = 30_000;
const TIERS = ['basic', 'basic', 'basic', 'silver', 'silver', 'gold'];

/** Mostly the same tier for the same user; now and then one rises or falls. */
function userOf({ timestamp, user_id }: ClickEvent, random: Random): Told {
  const number = Number(user_id.slice(-4)) + (random() < 0.05 ? 1 : 0);
  return { stream: 'users', timestamp, user_id, tier: TIERS[number % TIERS.length] };
}

const CANCELLED_CHANCE = 0.05;
const UNUSUAL_CHANCE = 0.01;

function bought(event: ClickEvent, random: Random, carts: Carts): Told[] {
  const { timestamp, user_id } = event;
  const cart = carts.closed(event);
  const amount = random() < UNUSUAL_CHANCE ? between(random, 500, 900) : between(random, 5, 120);
  const order = {
    stream: 'orders',
    timestamp,
    order_id: `order-${Math.floor(random() * 2 ** 32).toString(36)}`,
    user_id,
    amount: pounds(amount),
    status: 'placed',
  };
  const cancelled = { ...order, status: 'cancelled', timestamp: later(timestamp) };
  return [order, ...(random() < CANCELLED_CHANCE ? [cancelled] : []), ...cart];
}

/** What is in the carts of visits that are under way. */
class Carts {
  readonly #open = new Map<string, { items: number; pence: number }>();

  added({ timestamp, session_id, url }: ClickEvent, random: Random): Told {
    const quantity = 1 + Math.floor(random() * 3);
    const amount = pounds(quantity * between(random, 2, 40));
    const cart = this.#open.get(session_id) ?? { items: 0, pence: 0 };
    if (this.#open.size > VISITS_MAX) this.#open.clear();
    this.#open.set(session_id, cart);
    cart.items += 1;
    cart.pence += Math.round(amount * 100);
    return {
      stream: 'cart-events',
      ...{ timestamp, cart_id: session_id, action: 'add_item', product: url, quantity, amount },
    };
  }

  closed({ timestamp, session_id }: ClickEvent): Told[] {
    const cart = this.#open.get(session_id);
    if (cart === undefined) return [];
    this.#open.delete(session_id);
    const { items, pence } = cart;
    return [
      {
        stream: 'cart-events',
        ...{ timestamp, cart_id: session_id, action: 'purchase', items, amount: pence / 100 },
      },
    ];
  }
}

const pounds = (amount: number): number => Math.round(amount * 100) / 100;

const later = (timestamp: string): string => new Date(Date.parse(timestamp) + 1_000).toISOString();
