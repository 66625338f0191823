import { MINUTES, pipeline, SECONDS, TumblingWindow, table } from 'tidemark';
import * as z from 'zod';

const click = z.object({ timestamp: z.iso.datetime(), url: z.string() });

/** Clicks per page in five minutes of event time. */
export default pipeline('clicks')
  .stream('clicks', { schema: click, timestamp: (e) => e.timestamp, outOfOrderness: 30 * SECONDS })
  .keyBy((e) => e.url)
  .window(TumblingWindow.of(5, MINUTES))
  .count({ name: 'clicks-per-page' })
  .to(table('page-clicks'));
