import {
  count,
  first,
  last,
  MINUTES,
  type Plan,
  pipeline,
  SECONDS,
  SessionWindow,
  sum,
  table,
} from 'tidemark';
import { pageEvent } from './events.ts';

/** One visit of one user. */
export interface Visit {
  readonly events: number;
  readonly purchases: number;
  readonly from: string;
  readonly to: string;
}

export interface SessionsSettings {
  /** A user who does nothing for so long has left, ms. Default 5 minutes. */
  readonly gap?: number;
  /** How long after its end a visit still takes what comes late, ms. Default 10 minutes. */
  readonly allowedLateness?: number;
  /** ms; default 30 seconds. */
  readonly outOfOrderness?: number;
  /** ms; default 30 seconds. */
  readonly maxDelay?: number;
}

/** Visits of users: what they did until they were gone for a while. */
export function visits(settings: SessionsSettings = {}): Plan {
  const { gap = 5 * MINUTES, allowedLateness = 10 * MINUTES } = settings;
  const { outOfOrderness = 30 * SECONDS, maxDelay = 30 * SECONDS } = settings;
  return pipeline('sessions')
    .stream('clicks', {
      schema: pageEvent,
      timestamp: (e) => e.timestamp,
      outOfOrderness,
      maxDelay,
    })
    .keyBy((e) => e.user_id)
    .window(SessionWindow.withGap(gap))
    .allowedLateness(allowedLateness)
    .aggregate(
      {
        events: count(),
        purchases: sum((e) => Number(e.action === 'purchase')),
        from: first((e) => e.url),
        to: last((e) => e.url),
      },
      { name: 'visits' },
    )
    .to(table('visits'));
}

export default visits();
