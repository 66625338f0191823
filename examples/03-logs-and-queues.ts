import { HOURS, type Plan, pipeline, SECONDS, TumblingWindow, table } from 'tidemark';
import { testDriver } from 'tidemark/testing';
import * as z from 'zod';
import { at } from './time-of-day.ts';

const order = z.object({ timestamp: z.iso.datetime(), region: z.string(), amount: z.number() });
const orders = (name: string) =>
  pipeline(name)
    .stream('orders', {
      schema: order,
      timestamp: (e) => e.timestamp,
      outOfOrderness: 10 * SECONDS,
    })
    .keyBy((e) => e.region)
    .window(TumblingWindow.of(1, HOURS));

/** Two shards of a log. Records of one region lie in one shard, in order; between shards there is no order. */
export const log = [
  [
    { timestamp: at('12:00:05'), region: 'north', amount: 10 },
    { timestamp: at('12:20:00'), region: 'north', amount: 15 },
    { timestamp: at('13:00:30'), region: 'north', amount: 5 },
  ],
  [
    { timestamp: at('12:10:00'), region: 'south', amount: 40 },
    { timestamp: at('13:05:00'), region: 'south', amount: 20 },
  ],
];

/** A reader remembers how far it is in each shard. It takes nothing away, so that others can read too. */
export async function read(plan: Plan): Promise<string[]> {
  const driver = testDriver<number>(plan, { lanes: log.length });
  for (const [shard, records] of log.entries()) await driver.lane(shard).send(...records);
  await driver.advanceWatermarkTo(at('13:00:00'));
  return driver.results().map(({ key, value }) => `${key} ${value}`);
}

export const plan = orders('how-many').count().to(table('order-counts'));
console.log(`orders of an hour: ${await read(plan)}`);

// Somebody has another question a week later. The log still has the answer.
const revenue = orders('how-much')
  .sum((e) => e.amount)
  .to(table('revenue'));
console.log(`revenue of an hour: ${await read(revenue)}`);

// A queue forgets what was taken from it.
const queue = log.flat();
const taken = queue.splice(0, queue.length).length;
console.log(`a queue: the first reader gets ${taken}, the second one ${queue.length}`);
