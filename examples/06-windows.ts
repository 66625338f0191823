import {
  HoppingWindow,
  MINUTES,
  pipeline,
  SECONDS,
  SessionWindow,
  SlidingWindow,
  TumblingWindow,
  table,
  type WindowKind,
} from 'tidemark';
import { testDriver } from 'tidemark/testing';
import * as z from 'zod';
import { at, clock } from './time-of-day.ts';

const visit = z.object({ timestamp: z.iso.datetime(), user: z.string() });

export const visits = [
  { timestamp: at('12:01:00'), user: 'ada' },
  { timestamp: at('12:03:00'), user: 'ada' },
  { timestamp: at('12:06:00'), user: 'ada' },
  { timestamp: at('12:13:00'), user: 'ada' },
];

export const kinds: Readonly<Record<string, WindowKind>> = {
  'tumbling, 5 minutes': TumblingWindow.of(5, MINUTES),
  'hopping, 10 minutes each 5': HoppingWindow.of(10, MINUTES).every(5, MINUTES),
  'session, gap of 4 minutes': SessionWindow.withGap(4, MINUTES),
  'sliding, 5 minutes back': SlidingWindow.of(5, MINUTES),
};

export const counted = (window: WindowKind) =>
  pipeline('visits')
    .stream('visits', {
      schema: visit,
      timestamp: (e) => e.timestamp,
      outOfOrderness: 10 * SECONDS,
    })
    .keyBy((e) => e.user)
    .window(window)
    .count()
    .to(table('visits-per-user'));

for (const [name, window] of Object.entries(kinds)) {
  const driver = testDriver<number>(counted(window));
  await driver.send(...visits);
  await driver.end();
  const results = driver
    .results()
    .map(
      ({ windowStart, windowEnd, value }) => `${clock(windowStart)}-${clock(windowEnd)} ${value}`,
    );
  console.log(`${name}:\n  ${results.join('\n  ')}`);
}
