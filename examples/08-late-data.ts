import { lateEvents, MINUTES, pipeline, SECONDS, TumblingWindow, table } from 'tidemark';
import { testDriver } from 'tidemark/testing';
import * as z from 'zod';
import { at, clock } from './time-of-day.ts';

const click = z.object({ timestamp: z.iso.datetime(), page: z.string() });

const windows = pipeline('clicks')
  .stream('clicks', { schema: click, timestamp: (e) => e.timestamp, outOfOrderness: 10 * SECONDS })
  .keyBy((e) => e.page)
  .window(TumblingWindow.of(1, MINUTES));

export const plans = {
  'dropped and counted': windows.count().to(table('counts')),
  'kept aside': windows.sideOutput(lateEvents('late-clicks')).count().to(table('counts')),
  'taken for five minutes': windows
    .allowedLateness(5 * MINUTES)
    .count()
    .to(table('counts')),
};

/** The third one was in a tunnel: its window closed when the second one came. */
export const clicks = ['12:00:20', '12:01:30', '12:00:40', '12:02:40', '12:09:00'];

for (const [what, plan] of Object.entries(plans)) {
  const driver = testDriver<number>(plan);
  for (const time of clicks) await driver.send({ timestamp: at(time), page: '/' });
  console.log(`${what}:`);
  for (const { windowStart, value, revision, old } of driver.takeOutputs()) {
    const instead = revision > 0 ? ` instead of ${old}` : '';
    console.log(`  minute of ${clock(windowStart)}: ${value}${instead}`);
  }
  const late = driver.late();
  const kept = late.flatMap(({ sideOutput }) => sideOutput ?? []);
  console.log(`  late: ${late.length}${kept.length > 0 ? `, in ${kept}` : ''}`);
}
