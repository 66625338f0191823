import { count, type Plan, pipeline, SECONDS, sum, table } from 'tidemark';
import { orderEvent, userEvent } from './events.ts';

/** What the users of a tier have bought. */
export interface Revenue {
  readonly orders: number;
  /** In pounds. */
  readonly revenue: number;
}

export interface RevenueSettings {
  /** ms; default 30 seconds. */
  readonly outOfOrderness?: number;
  /** ms; default 30 seconds. */
  readonly maxDelay?: number;
}

/**
 * A materialized view: all orders joined with their users, and summed by tier. It changes with either of
 * them: an order that is called off is taken out, a user who rises takes all of their orders along.
 */
export function revenueByTier(settings: RevenueSettings = {}): Plan {
  const { outOfOrderness = 30 * SECONDS, maxDelay = 30 * SECONDS } = settings;
  const options = {
    timestamp: (e: { timestamp: string }) => e.timestamp,
    outOfOrderness,
    maxDelay,
  };
  const revenue = pipeline('revenue');
  const users = revenue
    .stream('users', { schema: userEvent, ...options })
    .keyBy((e) => e.user_id)
    .toTable({ row: (e) => e.tier });
  return revenue
    .stream('orders', { schema: orderEvent, ...options })
    .keyBy((e) => e.order_id)
    .toTable({
      row: ({ status, user_id, amount }) => (status === 'placed' ? { user_id, amount } : undefined),
      name: 'orders',
    })
    .joinOn(users, (order) => order.user_id, { name: 'orders-of-users' })
    .groupBy(({ right: tier }) => tier)
    .aggregate({ orders: count(), revenue: sum(({ left }) => left.amount) }, { name: 'by-tier' })
    .to(table('revenue-by-tier'));
}

export default revenueByTier();
