import { MINUTES, pipeline, SECONDS, TumblingWindow, table } from 'tidemark';
import { testDriver } from 'tidemark/testing';
import * as z from 'zod';
import { at, clock } from './time-of-day.ts';

const click = z.object({ timestamp: z.iso.datetime(), page: z.string() });

export const plan = pipeline('clicks')
  .stream('clicks', { schema: click, timestamp: (e) => e.timestamp, outOfOrderness: 30 * SECONDS })
  .keyBy((e) => e.page)
  .window(TumblingWindow.of(1, MINUTES))
  .count()
  .to(table('clicks-per-page'));

/** In the order of their arrival. */
export const clicks = [
  '12:00:10',
  '12:00:50',
  '12:00:30',
  '12:01:15',
  '12:00:55',
  '12:01:40',
  '12:02:35',
];

const driver = testDriver<number>(plan);
for (const time of clicks) {
  await driver.send({ timestamp: at(time), page: '/' });
  const watermark = clock((await driver.watermark()) + 1);
  const results = driver
    .takeOutputs()
    .map(({ windowStart, value }) => `, the minute of ${clock(windowStart)} is complete: ${value}`);
  console.log(`happened ${time}, now all before ${watermark} is here${results}`);
}
