import * as z from 'zod';

const event = z.object({ timestamp: z.iso.datetime({ offset: true }), user_id: z.string() });

/** What people do on the pages of a web shop. */
export const pageEvent = event.extend({ action: z.string(), url: z.string() });

/** What the shop knows about a user from now on. */
export const userEvent = event.extend({ tier: z.enum(['basic', 'silver', 'gold']) });
