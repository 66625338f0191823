import { combine, evolution, type Plan, pipeline, SECONDS, table } from 'tidemark';
import { type CartEvent, cartEvent } from './events.ts';

/** A cart as its events have made it. Money in pence. */
export interface Cart {
  /** How many pieces of each product. */
  readonly products: Readonly<Record<string, number>>;
  readonly lines: number;
  readonly pence: number;
  /** What the checkout said, once there was one. */
  readonly checkout: { readonly lines: number; readonly pence: number } | null;
}

export const cart = evolution<CartEvent, Cart>({
  initial: { products: {}, lines: 0, pence: 0, checkout: null },
  apply(state, event) {
    const pence = Math.round(event.amount * 100);
    if ('items' in event) {
      return { ...state, checkout: { lines: event.items, pence } };
    }
    const sign = event.action === 'add_item' ? 1 : -1;
    const pieces = (state.products[event.product] ?? 0) + sign * event.quantity;
    return {
      products: { ...state.products, [event.product]: pieces },
      lines: state.lines + 1,
      pence: state.pence + sign * pence,
      checkout: state.checkout,
    };
  },
});

/** What was charged is what is in the cart. */
export const balances = ({ lines, pence, checkout }: Cart): boolean =>
  checkout?.lines === lines && checkout.pence === pence;

export interface CartSettings {
  /** ms. Default 30 seconds. */
  readonly outOfOrderness?: number;
  /** How long after its time an event still finds its place, ms. Default 0. */
  readonly allowedLateness?: number;
  /** ms; default 30 seconds. */
  readonly maxDelay?: number;
}

/** Each cart as it is, and line by line how it came to be so. */
export function shoppingCarts(settings: CartSettings = {}): Plan {
  const { outOfOrderness = 30 * SECONDS, maxDelay = 30 * SECONDS, allowedLateness = 0 } = settings;
  const carts = pipeline('cart')
    .stream('cart-events', {
      schema: cartEvent,
      timestamp: (event) => event.timestamp,
      outOfOrderness,
      maxDelay,
    })
    .keyBy((event) => event.cart_id)
    .evolve({ ...cart, name: 'carts', allowedLateness });
  const history = carts.audit().map(({ time, event, after, revision }) => ({
    time,
    event,
    revision,
    // The contents can be had from the events: see replay().
    lines: after?.lines ?? 0,
    pence: after?.pence ?? 0,
  }));
  return combine(carts.to(table('carts')), history.to(table('cart-history')));
}

export default shoppingCarts();
