import { combine, MINUTES, type Plan, pipeline, push, SECONDS, table } from 'tidemark';
import { orderEvent } from './events.ts';

/** Why somebody should look at the orders of a user. */
export interface Alert {
  readonly reason: 'many orders' | 'unusual amount';
  /** Who ordered: what is pushed has no key beside it. */
  readonly user: string;
  /** The order that it was noticed at. */
  readonly order: string;
  /** How many orders there were lately. */
  readonly orders: number;
  /** What they came to, in pounds. */
  readonly amount: number;
  /** When the order was, ms. */
  readonly time: number;
}

interface Recent {
  /** Times, ms, and amounts of the latest orders. */
  readonly orders: readonly { readonly time: number; readonly amount: number }[];
}

export interface FraudSettings {
  /** ms; default 30 seconds. */
  readonly outOfOrderness?: number;
  /** ms; default 30 seconds. */
  readonly maxDelay?: number;
}

/** What counts as lately, ms. */
const LATELY = 10 * MINUTES;
const MANY = 3;
const UNUSUAL = 500;

/**
 * Alerts for users who order thrice within ten minutes, or for an unusual amount at once: kept in a table, and
 * pushed to whoever is connected.
 */
export function fraudAlerts(settings: FraudSettings = {}): Plan {
  const { outOfOrderness = 30 * SECONDS, maxDelay = 30 * SECONDS } = settings;
  const alerts = pipeline('fraud')
    .stream('orders', {
      schema: orderEvent,
      timestamp: (e) => e.timestamp,
      outOfOrderness,
      maxDelay,
    })
    .filter((e) => e.status === 'placed')
    .keyBy((e) => e.user_id)
    .process<Alert, Recent>({
      name: 'suspicious-orders',
      initial: { orders: [] },
      onEvent({ time, state, emit, setTimer }, { user_id, order_id, amount }) {
        const before = state.get().orders.filter((order) => order.time > time - LATELY);
        const orders = [...before, { time, amount }];
        const sum = orders.reduce((total, order) => total + order.amount, 0);
        const what = { user: user_id, order: order_id, orders: orders.length, amount: sum, time };
        if (amount >= UNUSUAL) emit({ reason: 'unusual amount', ...what });
        // Once for each such run of orders.
        if (orders.length === MANY) emit({ reason: 'many orders', ...what });
        state.set({ orders });
        setTimer(time + LATELY, 'forget');
      },
      onTimer({ time, state }) {
        const orders = state.get().orders.filter((order) => order.time > time - LATELY);
        if (orders.length > 0) state.set({ orders });
        else state.clear();
      },
    });
  return combine(alerts.to(table('fraud-alerts')), alerts.to(push('fraud-push')));
}

export default fraudAlerts();
