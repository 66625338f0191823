import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import {
  aggregate,
  HOURS,
  type Plan,
  pipeline,
  SessionWindow,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';

/** An item of a DynamoDB table holds 400 KB. */
const ITEM_MAX = 256 * 1024;
const STAGE = { name: 'first', buckets: 1 };

interface Note {
  readonly at: number;
  readonly key: string;
  readonly text: string;
}

const notes = () =>
  pipeline('test').stream('notes', {
    schema: z.object({ at: z.number(), key: z.string(), text: z.string() }),
    timestamp: (note) => note.at,
    outOfOrderness: 0,
  });
const keyed = () => notes().keyBy(({ key }) => key);
const windowed = () => keyed().window(TumblingWindow.of(1, HOURS));
const out = table('out');

/** Text of so many bytes that no compression makes much shorter. */
const noise = (bytes: number, seed: number): string =>
  Array.from({ length: Math.ceil(bytes / 44) }, (_, i) =>
    createHash('sha256').update(`${seed}-${i}`).digest('base64'),
  )
    .join('')
    .slice(0, bytes);

const noisy = (count: number, bytes: number): Note[] =>
  Array.from({ length: count }, (_, i) => ({
    at: 1_000 + (i % 900),
    key: i % 50 === 0 ? 'other' : 'hot',
    text: noise(bytes, i),
  }));

/** Much to unpack, little packed. */
const longWinded = (count: number, bytes: number): Note[] =>
  Array.from({ length: count }, (_, i) => ({
    at: 1_000 + i,
    key: 'hot',
    text: `${i}`.padEnd(bytes),
  }));

/** What is left of a run in which so many notes are gathered at a time. */
async function ran(plan: Plan, all: readonly Note[], batchSize: number) {
  const store = memoryStore();
  const log = memoryLog(() => 0);
  const sink = memorySink();
  const letters = memoryDeadLetters();
  const running = engine(plan, {
    store,
    clock: () => 0,
    sources: { notes: log },
    sinks: { out: sink },
    deadLetters: letters,
    observe: (seen) => {
      if (seen.kind === 'failed') throw seen.error;
    },
  });
  log.open('lane', []);
  for (const note of all) log.append('lane', JSON.stringify(note), 1_000_000);
  const records = log.records('lane');
  for (let from = 0; from < records.length; from += batchSize) {
    await running.gather('notes', 'lane', records.slice(from, from + batchSize));
  }
  await running.raise('notes', 'lane', 100 * HOURS);
  for (const { name, buckets } of plan.stages) {
    for (let bucket = 0; bucket < buckets; bucket++) await running.fire(name, bucket, () => false);
  }
  const items = [...store.items('state')].filter(({ sk }) => sk !== 'state');
  return { rows: sink.rows(), letters: letters.letters(), items };
}

const sizes = (items: Awaited<ReturnType<typeof ran>>['items']): number[] =>
  items.map(({ data }) => (data as Uint8Array).length);

const square = aggregate({
  name: 'square',
  create: () => ({ n: 0, padding: '' }),
  add: ({ n }, _note: Note) => padded(n + 1),
  merge: (a, b) => padded(a.n + b.n),
  finish: ({ n }) => n,
});
/** Together they take far more than each alone. */
const padded = (n: number) => ({ n, padding: ' '.repeat(2_000 * n * n) });

describe('what is too large for one item is cut', () => {
  test.each<[string, () => Plan, Note[]]>([
    [
      'collect',
      () =>
        windowed()
          .collect(({ text }) => text, STAGE)
          // All of it has no room in a row.
          .map(({ value }) => createHash('sha256').update(value.join()).digest('hex'))
          .to(out),
      noisy(400, 4_000),
    ],
    [
      'distinct',
      () =>
        windowed()
          .distinct(({ text }) => text, STAGE)
          .to(out),
      noisy(6_000, 60),
    ],
    [
      'topK',
      () =>
        windowed()
          .topK(3, ({ text }) => text, STAGE)
          .to(out),
      noisy(6_000, 60),
    ],
    [
      'process',
      () =>
        keyed()
          .process({ ...STAGE, onEvent: ({ emit }, { text }: Note) => emit(text.length) })
          .to(out),
      noisy(700, 1_000),
    ],
    [
      'more than can be unpacked',
      () =>
        keyed()
          .process({ ...STAGE, onEvent: ({ emit }, { text }: Note) => emit(text.trimEnd()) })
          .to(out),
      longWinded(1_500, 3_000),
    ],
    ['toTable', () => keyed().toTable(STAGE).to(out), noisy(700, 1_000)],
    [
      'what takes more together than apart',
      () => windowed().aggregate(square, STAGE).to(out),
      longWinded(60, 10),
    ],
  ])('%s', async (_what, plan, all) => {
    const cut = await ran(plan(), all, 10_000);
    expect(cut.letters).toEqual([]);
    expect(cut.rows.length).toBeGreaterThan(0);
    expect(Math.max(...sizes(cut.items))).toBeLessThanOrEqual(ITEM_MAX);
    const whole = await ran(plan(), all, 10);
    expect(cut.rows).toEqual(whole.rows);
  });
});

describe('on the way to another stage', () => {
  /** Keys whose results are a few KB each, and all of one key then. */
  const users = Array.from({ length: 600 }, (_, i) => ({
    at: 1_000 + i,
    key: `user ${i % 200}`,
    text: noise(700, i),
  }));
  const through = () =>
    windowed()
      .collect(({ text }) => text, STAGE)
      .keyBy(() => 'all')
      .process({ name: 'second', buckets: 1, onEvent: ({ emit }, { key }) => emit(key) })
      .to(out);

  test('results are cut as events are, and tell the same', async () => {
    const { rows, items, letters } = await ran(through(), users, 50);
    expect(letters).toEqual([]);
    expect(rows.map(({ value }) => value).sort()).toEqual(
      [...new Set(users.map(({ key }) => key))].sort(),
    );
    const second = items.filter(({ pk }) => pk.startsWith('second#'));
    expect(second.length).toBeGreaterThan(1);
    expect(Math.max(...sizes(second))).toBeLessThanOrEqual(ITEM_MAX);
  });

  test('the same items under the same names, however the events were gathered', async () => {
    const named = async (batchSize: number) =>
      (await ran(through(), users, batchSize)).items.filter(({ pk }) => pk.startsWith('second#'));
    expect(await named(600)).toEqual(await named(7));
  });

  test('a result that is too large alone is a dead letter, and only that', async () => {
    const long = Array.from({ length: 100 }, (_, i) => ({
      at: 1_001 + i,
      key: 'long',
      text: noise(5_000, i),
    }));
    const { rows, letters } = await ran(through(), [...users, ...long], 10);
    expect(rows.map(({ value }) => value)).not.toContain('long');
    expect(rows).toHaveLength(200);
    expect(letters).toMatchObject([
      {
        source: 'first',
        lane: 'first@0>second',
        reason: 'VALUE',
        detail: expect.stringMatching(/bytes of the event/),
      },
    ]);
  });
});

test('timers of very many keys are cut, and named by the chunk of keys that set them', async () => {
  const plan = keyed()
    .window(SessionWindow.withGap(HOURS))
    .count({ ...STAGE, keysPerChunk: 10_000 })
    .to(out);
  const all = Array.from({ length: 9_000 }, (_, i) => ({ at: 1_000, key: noise(60, i), text: '' }));
  const { rows, items } = await ran(plan, all, 500);
  expect(rows).toHaveLength(9_000);
  expect(Math.max(...sizes(items))).toBeLessThanOrEqual(ITEM_MAX);
  const timers = items.filter(({ sk }) => sk.includes('#timer@'));
  const names = timers.map(({ sk }) => sk.replace(/^.*#(\d+#\d+)$/, '$1'));
  expect(names).toEqual(timers.map((_, n) => `0#${n}`));
  expect(names.length).toBeGreaterThan(2);
});

describe('an event that is too large alone', () => {
  const large: Note = { at: 1_500, key: 'hot', text: noise(400_000, 1) };
  const small = noisy(20, 100);
  const counted = () =>
    keyed()
      .process({ ...STAGE, onEvent: ({ emit }, { text }: Note) => emit(text.length) })
      .to(out);

  test.each([1, 7, 100])('is a dead letter, whatever comes with it (%i a batch)', async (size) => {
    const { rows, letters } = await ran(counted(), [...small, large, ...small], size);
    expect(rows).toHaveLength(40);
    expect(letters).toMatchObject([{ reason: 'VALUE', position: expect.any(String) }]);
    expect(letters[0]?.detail).toMatch(/^its stage has to keep \d+ bytes of the event/);
  });

  test('of several events that a record makes, none is taken', async () => {
    const plan = notes()
      .flatMap((note) => [note, { ...note, text: '' }])
      .keyBy(({ key }) => key)
      .process({ ...STAGE, onEvent: ({ emit }, { text }: Note) => emit(text.length) })
      .to(out);
    const { rows, letters } = await ran(plan, [...small, large], 100);
    expect(rows).toHaveLength(40);
    expect(letters).toHaveLength(1);
  });

  test('is taken where it packs well', async () => {
    const { rows, letters } = await ran(counted(), [...small, ...longWinded(1, 2_000_000)], 100);
    expect(letters).toEqual([]);
    expect(rows.map(({ value }) => value)).toContain(2_000_000);
  });
});
