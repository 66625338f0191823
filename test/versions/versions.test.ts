import { expect, test } from 'vitest';
import * as z from 'zod';
import { wholeAfter } from '../../src/cli/tidemark/replay-start.ts';
import {
  combine,
  DAYS,
  HOURS,
  MINUTES,
  pipeline,
  SECONDS,
  SessionWindow,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { MIN_TIME } from '../../src/time/watermark.ts';
import { activate, readVersions, versionAt } from '../../src/versions/versions.ts';

test('a window comes from the newest version that is whole there', async () => {
  const store = memoryStore();
  expect(await readVersions(store)).toEqual([{ version: '', wholeAfter: MIN_TIME }]);
  await activate(store, { version: 'v2', wholeAfter: 100 });
  await activate(store, { version: 'v3', wholeAfter: 50 });
  await activate(store, { version: 'v4', wholeAfter: 200 });
  const versions = await readVersions(store);
  expect(versions.map(({ version }) => version)).toEqual(['v4', 'v3', 'v2', '']);
  const at = [-1, 50, 51, 200, 201].map((windowStart) => versionAt(versions, windowStart));
  expect(at).toEqual(['', '', 'v3', 'v3', 'v4']);
  await activate(store, { version: 'v3', wholeAfter: 50 });
  expect(versionAt(await readVersions(store), 201)).toBe('v3');
});

test('of two swaps at once one is refused', async () => {
  const store = memoryStore();
  const swaps = ['v2', 'v3'].map((version) => activate(store, { version, wholeAfter: 0 }));
  const done = await Promise.allSettled(swaps);
  expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

const stream = (name: string, maxFutureSkew: number) =>
  pipeline('p').stream(name, {
    schema: z.object({ at: z.number() }),
    timestamp: (e) => e.at,
    outOfOrderness: 0,
    maxFutureSkew,
  });

const tumbling = stream('a', 1 * MINUTES)
  .keyBy(() => 'k')
  .window(TumblingWindow.of(1, HOURS))
  .count({ name: 'hourly' });

test.each([
  [
    'a window that began after the first event that was surely seen',
    tumbling.to(table('told')),
    MINUTES + HOURS,
  ],
  [
    'a stage after another one: what that one tells may be of all of its window',
    combine(
      tumbling
        .keyBy(() => 'all')
        .window(TumblingWindow.of(1, DAYS))
        .count({ name: 'daily' })
        .to(table('daily')),
    ),
    MINUTES + HOURS + DAYS,
  ],
  [
    'a session that no event before can be a part of',
    stream('a', 10 * SECONDS)
      .keyBy(() => 'k')
      .window(SessionWindow.withGap(30, MINUTES))
      .count()
      .to(table('told')),
    10 * SECONDS + 30 * MINUTES,
  ],
])('whole is %s', (_, plan, later) => {
  expect(wholeAfter(plan, { a: 1_000 })).toBe(1_000 + later);
  expect(wholeAfter(plan, { a: MIN_TIME })).toBe(MIN_TIME);
});
