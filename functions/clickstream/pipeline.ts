import { MINUTES, type Plan, pipeline, SECONDS, TumblingWindow, table } from 'tidemark';
import { clickEvent, pageEvent } from './events.ts';

export interface ClickstreamSettings {
  /** ms. Default 5 minutes. */
  readonly window?: number;
  /** ms. Default 30 seconds. */
  readonly outOfOrderness?: number;
  /** Which action is counted. Default `click`. */
  readonly action?: string;
  /** What the events call the address that is counted. Default `url`. */
  readonly key?: 'url' | 'page';
  /** ms; default 30 seconds. */
  readonly maxDelay?: number;
}

/** Clicks per page in windows of event time. */
export function clicksPerPage(settings: ClickstreamSettings = {}): Plan {
  const { window = 5 * MINUTES, action = 'click', key = 'url' } = settings;
  const options = {
    outOfOrderness: settings.outOfOrderness ?? 30 * SECONDS,
    maxDelay: settings.maxDelay ?? 30 * SECONDS,
    timestamp: (e: { timestamp: string | number }) => e.timestamp,
  };
  const clickstream = pipeline('clickstream');
  const addresses =
    key === 'url'
      ? clickstream
          .stream('clicks', { schema: clickEvent, ...options })
          .map(({ action, url }) => ({ action, address: url }))
      : clickstream
          .stream('clicks', { schema: pageEvent, ...options })
          .map(({ action, page }) => ({ action, address: page }));
  return addresses
    .filter((e) => e.action === action)
    .keyBy((e) => e.address)
    .window(TumblingWindow.of(window))
    .count({ name: 'clicks-per-page' })
    .to(table('page-clicks'));
}

export default clicksPerPage();
