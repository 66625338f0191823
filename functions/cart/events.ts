import * as z from 'zod';

const event = z.object({
  /** ISO 8601 text with a zone, or whole milliseconds since 1970. */
  timestamp: z.union([z.iso.datetime({ offset: true }), z.int()]),
  cart_id: z.string(),
  /** In pounds, two decimals. */
  amount: z.number(),
});

/** A line put into a cart, or taken out of it: the amount is that of all pieces. */
const line = event.extend({
  action: z.enum(['add_item', 'remove_item']),
  product: z.string(),
  quantity: z.int(),
});

/** The end of a cart: what was charged, or given back, and for how many lines. */
const checkout = event.extend({
  action: z.enum(['purchase', 'refund']),
  items: z.int(),
});

/** What people do with the carts of a web shop. */
export const cartEvent = z.discriminatedUnion('action', [line, checkout]);

export type CartEvent = z.infer<typeof cartEvent>;
