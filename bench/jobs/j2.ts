import { MINUTES, TumblingWindow, table } from 'tidemark';
import type { Job } from './job.ts';
import { counted, entryOf, floorTo, Lateness } from './loop.ts';
import type { Click } from './schemas.ts';
import { clickStream, TABLE } from './streams.ts';

const WINDOW_MS = 5 * MINUTES;

export const j2: Job = {
  name: 'J2',
  what: 'clicks per page, tumbling 5 min',
  input: 'clicks',
  plan: (schema) =>
    clickStream(schema, 'action', 'page')
      .filter((e) => e.action === 'click')
      .keyBy((e) => e.page)
      .window(TumblingWindow.of(5, MINUTES))
      .count()
      .to(table(TABLE)),
  loop: (emit, isLive) => {
    const windows = new Map<number, Map<string, number>>();
    const lateness = new Lateness(isLive);
    return {
      on({ action, page }: Click, time) {
        lateness.see(time);
        if (action !== 'click') return;
        const start = floorTo(time, WINDOW_MS);
        if (lateness.isOver(start + WINDOW_MS)) return;
        counted(
          entryOf(windows, start, () => new Map<string, number>()),
          page,
        );
      },
      end() {
        for (const [windowStart, pages] of windows) {
          const windowEnd = windowStart + WINDOW_MS;
          for (const [page, count] of pages) emit({ page, windowStart, windowEnd, count });
        }
      },
    };
  },
  rows: ({ key: page, windowStart, windowEnd, value: count }) => [
    { page, windowStart, windowEnd, count },
  ],
};
