import { DAYS, SECONDS } from '../time/duration.ts';
import type { StageContext } from './ports.ts';

/**
 * How long DynamoDB keeps what has served its purpose. Expiry only frees space, visibility never
 * depends on it, so it lies far beyond the log's retention (a day by default, Kinesis developer
 * guide); aborted ranges outlive the segments that they hide.
 */
const KEPT_MS = { segment: 30 * DAYS, aborted: 60 * DAYS } as const;

/** The `expires` attribute: whole seconds, as DynamoDB's time to live asks. */
export const expiry = (context: StageContext, what: keyof typeof KEPT_MS): number =>
  Math.ceil((context.clock() + KEPT_MS[what]) / SECONDS);
