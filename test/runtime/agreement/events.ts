import * as z from 'zod';
import { MINUTES, pipeline } from '../../../src/index.ts';

/** What all files of real events have in common, as far as the pipelines look at it. */
export const schema = z.object({
  timestamp: z.string(),
  user_id: z.union([z.number(), z.string()]),
  action: z.string(),
  page: z.string(),
});
export type RealEvent = z.infer<typeof schema>;

export const timeOf = ({ timestamp }: RealEvent): number => Date.parse(timestamp);

/** A stream of them that allows as much disorder as the files have. */
export const realStream = (name: string) =>
  pipeline('real').stream(name, {
    schema,
    timestamp: (event) => event.timestamp,
    outOfOrderness: MINUTES,
    maxDelay: 0,
  });
