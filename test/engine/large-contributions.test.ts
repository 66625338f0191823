import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import { HOURS, pipeline, SECONDS, TumblingWindow, table } from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';

test('contributions of some KB each are cut into segments that the store takes', async () => {
  let now = 1_000_000;
  const store = memoryStore();
  const sink = memorySink();
  const log = memoryLog(() => now);
  const plan = pipeline('test')
    .stream('notes', {
      schema: z.object({ at: z.number(), key: z.string(), text: z.string() }),
      timestamp: (e) => e.at,
      outOfOrderness: 0,
      maxDelay: HOURS,
    })
    .keyBy((e) => e.key)
    .window(TumblingWindow.of(10, SECONDS))
    .collect((e) => e.text, { name: 'notes', buckets: 1 })
    .to(table('results'));
  const running = engine(plan, {
    store,
    clock: () => now,
    sources: { notes: log },
    sinks: { results: sink },
    deadLetters: memoryDeadLetters(),
    observe: () => undefined,
  });
  log.open('lane', []);
  const texts = Array.from({ length: 300 }, (_, i) => incompressible(i));
  for (const [i, text] of texts.entries()) {
    log.append('lane', JSON.stringify({ at: now + i, key: `k${i % 150}`, text }), now);
  }
  await running.gather('notes', 'lane', log.records('lane'));
  const sizes = [...store.items('state')].flatMap(({ data }) =>
    data instanceof Uint8Array ? [data.length] : [],
  );
  expect(sizes.length).toBeGreaterThan(3);
  expect(Math.max(...sizes)).toBeLessThan(128 * 1024);
  now += 3 * HOURS;
  await running.tick(() => false);
  await running.fire('notes', 0, () => false);
  const rows = sink.rows();
  expect(rows.length).toBe(150);
  for (const { key, value } of rows) {
    const i = Number(key.slice(1));
    expect(value).toEqual([texts[i], texts[i + 150]]);
  }
});

/** 4 KB that no compression makes much shorter. */
const incompressible = (seed: number): string =>
  Array.from({ length: 96 }, (_, i) =>
    createHash('sha256').update(`${seed}-${i}`).digest('base64'),
  ).join('');
