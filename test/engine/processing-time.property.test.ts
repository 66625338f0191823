import { expect } from 'vitest';
import * as z from 'zod';
import {
  HoppingWindow,
  pipeline,
  SECONDS,
  SessionWindow,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { forSeeds } from '../support/seeds.ts';
import { SmallWorld } from './small-world.ts';

/** Each with the number of windows that an event is in. */
const WINDOWS = [
  [TumblingWindow.of(3, SECONDS), 1],
  [TumblingWindow.of(1), 1],
  [HoppingWindow.of(6, SECONDS).every(2, SECONDS), 3],
  [SessionWindow.withGap(1, SECONDS), 1],
] as const;

interface Event {
  readonly key: string;
}

/**
 * Nobody can say beforehand in which window a record counts, but it counts in one: whatever the
 * crashes and the redeliveries, each of which happens at another time, and on machines whose clocks
 * differ.
 */
forSeeds('processing time counts each record once, whatever comes again', 60, async (chance) => {
  const [window, share] = chance.pick(WINDOWS);
  const plan = pipeline('test')
    .stream('events', { schema: z.object({ key: z.string() }), timestamp: 'processing' })
    .keyBy((e) => e.key)
    .window(window)
    .count({ name: 'counts', buckets: 2 })
    .to(table('counts'));
  const event = (): Event => ({ key: `k${chance.below(3)}` });
  const world = new SmallWorld({ chance, plan, event, skewMs: 3 * SECONDS });
  await world.run();

  const counts: Record<string, number> = {};
  for (const { key, value } of world.sink.rows()) counts[key] = (counts[key] ?? 0) + Number(value);
  const sent: Record<string, number> = {};
  for (const { key } of world.events() as Event[]) sent[key] = (sent[key] ?? 0) + share;
  expect(counts).toEqual(sent);
  expect(world.lateCount()).toBe(0);
});
