import { lateEvents, MINUTES, type Plan, pipeline, SECONDS, TumblingWindow, table } from 'tidemark';
import { pageEvent } from './events.ts';

export interface HotPagesSettings {
  /** ms. Default a minute. */
  readonly window?: number;
  /** How many pages are told. Default 10. */
  readonly pages?: number;
  /** ms; default 30 seconds. */
  readonly outOfOrderness?: number;
  /** ms; default 30 seconds. */
  readonly maxDelay?: number;
}

/** The most clicked pages of each minute, in two stages: clicks a page, then the pages with most of them. */
export function hotPages(settings: HotPagesSettings = {}): Plan {
  const { window = 1 * MINUTES, pages = 10 } = settings;
  const { outOfOrderness = 30 * SECONDS, maxDelay = 30 * SECONDS } = settings;
  return pipeline('hot-pages')
    .stream('clicks', {
      schema: pageEvent,
      timestamp: (e) => e.timestamp,
      outOfOrderness,
      maxDelay,
    })
    .filter((e) => e.action === 'click')
    .keyBy((e) => e.url)
    .window(TumblingWindow.of(window))
    .sideOutput(lateEvents('late-clicks'))
    .count({ name: 'clicks-per-minute' })
    .keyBy(() => 'all')
    .window(TumblingWindow.of(window))
    .topK(pages, (page) => page.key, { weight: (page) => page.value, name: 'hottest' })
    .to(table('hot-pages'));
}

export default hotPages();
