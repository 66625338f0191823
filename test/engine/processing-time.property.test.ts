import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  HoppingWindow,
  pipeline,
  SECONDS,
  SessionWindow,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { random } from '../support/random.ts';
import { ChaosWorld, judgedFor } from './chaos-world.ts';
import { seedGroups } from './seeds.ts';

/**
 * Nobody can say beforehand in which window a record counts, but it counts in one: whatever the
 * crashes and the redeliveries, each of which happens at another time, and in processes whose clocks
 * differ.
 */
describe('processing time, whatever comes again', () => {
  test.each(seedGroups(60))('counts each record once (seeds %i, ...)', async (...group) => {
    for (const seed of group) await run(seed);
  });
});

/** Each with the number of windows that an event is in. */
const WINDOWS = [
  [TumblingWindow.of(3, SECONDS), 1],
  [TumblingWindow.of(1), 1],
  [HoppingWindow.of(6, SECONDS).every(2, SECONDS), 3],
  [SessionWindow.withGap(1, SECONDS), 1],
] as const;

async function run(seed: number): Promise<void> {
  const chance = random(seed);
  const [window, share] = chance.pick(WINDOWS);
  const plan = pipeline('test')
    .stream('events', { schema: z.object({ key: z.string() }), timestamp: 'processing' })
    .keyBy((e) => e.key)
    .window(window)
    .count({ name: 'counts', buckets: 2 })
    .to(table('counts'));
  const world = new ChaosWorld(seed, chance, plan, { skewMs: 3 * SECONDS });
  await world.run();

  const message = `seed ${seed}`;
  const [stage] = plan.stages;
  const records = stage ? judgedFor(world, stage).length : 0;
  const unreadable = world.deadLetters.letters();
  expect(world.failures, message).toEqual([]);
  expect(new Set(unreadable.map(({ reason }) => reason))).not.toContain('FUTURE');
  expect(counted(world), message).toEqual(sent(world, share));
  // None is late, and none comes from the future.
  const tally = { records, late: 0, deadLetters: unreadable.length };
  expect(stage && world.tally(stage), message).toEqual(tally);
}

function counted({ sinks }: ChaosWorld): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { key, value } of sinks.counts?.rows() ?? []) {
    counts[key] = (counts[key] ?? 0) + Number(value);
  }
  return counts;
}

function sent({ texts }: ChaosWorld, share: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts('events')) {
    if (!text.endsWith('}')) continue;
    const { key } = JSON.parse(text) as { key: string };
    counts[key] = (counts[key] ?? 0) + share;
  }
  return counts;
}
