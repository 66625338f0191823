import * as z from 'zod';

/** What people do on the pages of a web shop. */
export const pageEvent = z.object({
  timestamp: z.iso.datetime({ offset: true }),
  user_id: z.string(),
  action: z.string(),
  url: z.string(),
});
