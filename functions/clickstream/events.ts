import * as z from 'zod';

/** ISO 8601 text with a zone, or whole milliseconds since 1970. */
const timestamp = z.union([z.iso.datetime({ offset: true }), z.int()]);

const event = z.object({ timestamp, action: z.string() });

/** What people do on the pages of a web shop, as the browser reports it. */
export const clickEvent = event.extend({ url: z.string() });

/** The same in logs of web servers, which call the address a page. */
export const pageEvent = event.extend({ page: z.string() });
