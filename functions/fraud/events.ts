import * as z from 'zod';

/** What people have bought. */
export const orderEvent = z.object({
  timestamp: z.iso.datetime({ offset: true }),
  user_id: z.string(),
  order_id: z.string(),
  /** In pounds. */
  amount: z.number(),
  status: z.enum(['placed', 'cancelled']),
});
