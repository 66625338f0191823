import * as z from 'zod';

const event = z.object({ timestamp: z.iso.datetime({ offset: true }), user_id: z.string() });

/** What people do on the pages of a web shop. */
export const pageEvent = event.extend({ action: z.string(), url: z.string() });

/** What people have bought. */
export const orderEvent = event.extend({
  order_id: z.string(),
  /** In pounds. */
  amount: z.number(),
});
