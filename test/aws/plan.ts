import * as z from 'zod';
import {
  lateEvents,
  MINUTES,
  type Plan,
  pipeline,
  SECONDS,
  TumblingWindow,
  table,
} from '../../src/index.ts';

/** One stage, one sink, a place for late events. */
export const clicksPlan = (buckets = 4): Plan =>
  pipeline('clicks')
    .stream('clicks', {
      schema: z.object({ at: z.number(), page: z.string() }),
      timestamp: (e) => e.at,
      outOfOrderness: 30 * SECONDS,
    })
    .keyBy((e) => e.page)
    .window(TumblingWindow.of(5, MINUTES))
    .sideOutput(lateEvents('late-clicks'))
    .count({ name: 'per-page', buckets })
    .to(table('page-clicks'));
