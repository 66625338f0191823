import { HOURS, type Plan, pipeline, SECONDS, table } from 'tidemark';
import { orderEvent, pageEvent } from './events.ts';

/** An order, and the page of a product that its buyer had clicked last. */
export interface Attribution {
  readonly user: string;
  readonly amount: number;
  /** `null`: there was no click within the hour before. */
  readonly page: string | null;
  /** From that click to the order, ms. */
  readonly after: number | null;
}

export interface AttributionSettings {
  /** ms; default 30 seconds. */
  readonly outOfOrderness?: number;
  /** ms; default 30 seconds. */
  readonly maxDelay?: number;
}

/** Which click led to a purchase: the last one within an hour before it. */
export function clicksToPurchases(settings: AttributionSettings = {}): Plan {
  const { outOfOrderness = 30 * SECONDS, maxDelay = 30 * SECONDS } = settings;
  const options = {
    timestamp: (e: { timestamp: string }) => e.timestamp,
    outOfOrderness,
    maxDelay,
  };
  const attribution = pipeline('attribution');
  const clicks = attribution
    .stream('clicks', { schema: pageEvent, ...options })
    .filter((e) => e.action === 'click' && e.url.startsWith('/products/'))
    .keyBy((e) => e.user_id);
  return attribution
    .stream('orders', { schema: orderEvent, ...options })
    .keyBy((e) => e.user_id)
    .leftJoin(clicks, { before: 1 * HOURS, name: 'clicks-before-orders' })
    .map(({ left: order, right: click }) => ({
      order: order.order_id,
      user: order.user_id,
      amount: order.amount,
      page: click?.url ?? null,
      after: click ? Date.parse(order.timestamp) - Date.parse(click.timestamp) : null,
    }))
    .keyBy((pair) => pair.order)
    .reduce((one, other) => ((one.after ?? 0) <= (other.after ?? 0) ? one : other), {
      name: 'last-clicks',
    })
    .mapValues(({ user, amount, page, after }): Attribution => ({ user, amount, page, after }))
    .to(table('attributions'));
}

export default clicksToPurchases();
