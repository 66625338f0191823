import * as z from 'zod';

const event = z.object({ timestamp: z.iso.datetime({ offset: true }), user_id: z.string() });

/** An order as it is from now on; one that is called off counts no more. */
export const orderEvent = event.extend({
  order_id: z.string(),
  /** In pounds. */
  amount: z.number(),
  status: z.enum(['placed', 'cancelled']),
});

/** What the shop knows about a user from now on. */
export const userEvent = event.extend({ tier: z.enum(['basic', 'silver', 'gold']) });
