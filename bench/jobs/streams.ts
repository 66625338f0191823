import { pipeline, type Stream } from 'tidemark';
import { BOUND_MS } from './loop.ts';
import {
  type AuctionSite,
  type Click,
  clickSchema,
  type SchemaKind,
  siteSchema,
} from './schemas.ts';

const TIMING = { outOfOrderness: BOUND_MS, maxDelay: BOUND_MS };

/** The one stream of every job. */
export const STREAM = 'events';
/** Where its results go. */
export const TABLE = 'results';

/** Clicks, of which a job reads these fields and the time. */
export const clickStream = (kind: SchemaKind, ...names: readonly (keyof Click)[]): Stream<Click> =>
  pipeline('bench').stream(STREAM, {
    schema: clickSchema(kind, 'timestamp', ...names),
    timestamp: (e) => e.timestamp,
    ...TIMING,
  });

/** The auction site. */
export const siteStream = (
  kind: SchemaKind,
  ...names: readonly (keyof AuctionSite)[]
): Stream<AuctionSite> =>
  pipeline('bench').stream(STREAM, {
    schema: siteSchema(kind, 'dateTime', 'kind', ...names),
    timestamp: (e) => e.dateTime,
    ...TIMING,
  });
