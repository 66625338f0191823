import { MINUTES, pipeline, table } from 'tidemark';
import { testDriver } from 'tidemark/testing';
import * as z from 'zod';
import { at, clock } from './time-of-day.ts';

const reading = z.object({ timestamp: z.iso.datetime(), sensor: z.string(), celsius: z.number() });

export const plan = pipeline('temperatures')
  .stream('readings', {
    schema: reading,
    timestamp: (e) => e.timestamp,
    outOfOrderness: 5 * MINUTES,
  })
  .filter((e) => e.celsius > 30)
  .map((e) => `${e.sensor} is ${e.celsius} degrees warm`)
  .to(table('warnings'));

/** In the order in which they arrive: the roof's sensor was out of reach for two minutes. */
export const readings = [
  { timestamp: at('12:00:00'), sensor: 'hall', celsius: 21 },
  { timestamp: at('12:01:30'), sensor: 'hall', celsius: 22 },
  { timestamp: at('12:00:20'), sensor: 'roof', celsius: 31 },
  { timestamp: at('12:01:20'), sensor: 'roof', celsius: 33 },
  { timestamp: at('12:02:30'), sensor: 'hall', celsius: 22 },
];

const driver = testDriver<string>(plan);
for (const [n, event] of readings.entries()) {
  await driver.send(event);
  const warnings = driver.takeOutputs().map(({ value }) => value);
  console.log(`arrived ${n + 1}, happened ${event.timestamp.slice(11, 19)}: ${warnings}`);
}
console.log('\nin event time:');
for (const { time, value } of driver.events()) console.log(`${clock(time)} ${value}`);
