import { MINUTES, pipeline, SECONDS, TumblingWindow, table } from 'tidemark';
import { testDriver } from 'tidemark/testing';
import * as z from 'zod';
import { at } from './time-of-day.ts';

const post = z.object({ timestamp: z.iso.datetime(), author: z.string(), text: z.string() });

const posts = pipeline('posts').stream('posts', {
  schema: post,
  timestamp: (e) => e.timestamp,
  outOfOrderness: 10 * SECONDS,
});

export const plan = posts
  .filter((e) => e.author !== 'bot') // One event in, one or none out.
  .flatMap((e) => e.text.match(/#\w+/g) ?? []) // One in, any number out.
  .map((tag) => tag.toLowerCase()) // One in, one out. None of these three remembers anything.
  .keyBy((tag) => tag) // Which events belong together, and what can run apart.
  .window(TumblingWindow.of(5, MINUTES)) // How much of an endless stream is looked at.
  .count() // This one remembers: a number for each key and window.
  .to(table('tags'));

export const events = [
  { timestamp: at('12:00:10'), author: 'ada', text: 'tea and #Streams' },
  { timestamp: at('12:01:10'), author: 'bob', text: '#streams or #tables' },
  { timestamp: at('12:02:10'), author: 'bot', text: '#streams #streams' },
  { timestamp: at('12:03:00'), author: 'eve', text: 'nothing to add' },
];

const driver = testDriver<number>(plan);
await driver.send(...events);
await driver.end();
for (const { key, value } of driver.results()) console.log(`${key} ${value}`);
