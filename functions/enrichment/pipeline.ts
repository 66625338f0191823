import { type Plan, pipeline, SECONDS, table } from 'tidemark';
import { pageEvent, userEvent } from './events.ts';

/** What somebody did, and which tier they were in when they did it. */
export interface EnrichedEvent {
  readonly user: string;
  readonly action: string;
  readonly url: string;
  /** `null`: the shop did not know the user yet. */
  readonly tier: string | null;
}

export interface EnrichmentSettings {
  /** ms; default 30 seconds. */
  readonly outOfOrderness?: number;
  /** ms; default 30 seconds. */
  readonly maxDelay?: number;
}

const WANTED = ['add_to_cart', 'purchase'];

/** What people put into their carts and bought, with the tier that they were in at that time. */
export function enrichedEvents(settings: EnrichmentSettings = {}): Plan {
  const { outOfOrderness = 30 * SECONDS, maxDelay = 30 * SECONDS } = settings;
  const options = {
    timestamp: (e: { timestamp: string }) => e.timestamp,
    outOfOrderness,
    maxDelay,
  };
  const enrichment = pipeline('enrichment');
  const tiers = enrichment
    .stream('users', { schema: userEvent, ...options })
    .keyBy((e) => e.user_id)
    .toTable({ row: (e) => e.tier });
  return enrichment
    .stream('clicks', { schema: pageEvent, ...options })
    .filter((e) => WANTED.includes(e.action))
    .keyBy((e) => e.user_id)
    .leftJoinAsOf(tiers, { name: 'events-with-tiers' })
    .map(
      ({ left: { user_id, action, url }, right: tier }): EnrichedEvent => ({
        user: user_id,
        action,
        url,
        tier,
      }),
    )
    .to(table('enriched-events'));
}

export default enrichedEvents();
