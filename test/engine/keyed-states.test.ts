import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  HOURS,
  LimitError,
  MINUTES,
  NotStorableError,
  type Plan,
  pipeline,
  SessionWindow,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';

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
const STAGE = { name: 'much', buckets: 1 };
const out = table('out');
const SECRET = 'what nobody else may see';

const many = (count: number, bytes: number): Note[] =>
  Array.from({ length: count }, (_, i) => ({
    at: 1_000 + (i % 900),
    key: SECRET,
    text: `${i}`.padEnd(bytes, 'x'),
  }));

const pairs = () => {
  const stream = notes();
  return stream
    .keyBy(({ key }) => key)
    .leftJoin(
      stream.filter(({ text }) => text === '').keyBy(({ key }) => key),
      { ...STAGE, within: HOURS },
    );
};

describe('a key that remembers more than an item holds', () => {
  test.each<[string, () => Plan, Note[]]>([
    [
      'events that a late one can come before',
      () =>
        keyed()
          .evolve({ ...STAGE, allowedLateness: HOURS, initial: 0, apply: (n: number) => n + 1 })
          .to(out),
      many(6_000, 10),
    ],
    ['a join', () => pairs().to(out), many(6_000, 100)],
    [
      'a session',
      () =>
        keyed()
          .window(SessionWindow.withGap(MINUTES))
          .collect(({ text }) => text, STAGE)
          .to(out),
      many(6_000, 100),
    ],
    [
      'a running aggregate',
      () =>
        keyed()
          .collect(({ text }) => text, STAGE)
          .to(out),
      many(6_000, 100),
    ],
    [
      'late windows',
      () =>
        keyed()
          .window(TumblingWindow.of(1_000))
          .allowedLateness(HOURS)
          .collect(({ text }) => text, STAGE)
          .to(out),
      many(6_000, 100),
    ],
  ])('%s: a LimitError before anything is told', async (_what, plan, all) => {
    const driver = testDriver(plan(), { batchSize: 1_000 });
    await driver.send(...all);
    const failure = await driver.end().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LimitError);
    expect(failure).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/^stage much has \d+ bytes to remember of a key, 399360 are/),
      hint: expect.stringMatching(/Remember less of each key/),
    });
    expect(String(failure)).not.toContain(SECRET);
    expect(driver.takeOutputs()).toEqual([]);
  });

  test('may remember up to 390 KB', async () => {
    const plan = keyed()
      .collect(({ text }) => text, STAGE)
      .to(out);
    const driver = testDriver(plan, { batchSize: 1_000 });
    await driver.send(...many(3_500, 100));
    await driver.end();
    expect(driver.rows().get(SECRET)).toHaveLength(3_500);
  });
});

describe('what merge() makes that cannot be stored', () => {
  const custom = (merge: (a: unknown, b: unknown) => unknown) => ({
    name: 'odd',
    create: () => 0 as unknown,
    add: () => 1 as unknown,
    merge,
    finish: () => 1,
  });
  const odd = custom(() => new Map([[SECRET, 1]]));

  test('while gathering and while firing, it is said of which stage, and nothing of the event', async () => {
    const windowed = keyed().window(TumblingWindow.of(MINUTES)).aggregate(odd, STAGE).to(out);
    const running = keyed().aggregate(odd, STAGE).to(out);
    for (const plan of [windowed, running]) {
      const driver = testDriver(plan, { batchSize: 10 });
      const failure = await driver
        .send(...many(10, 1))
        .then(() => driver.end())
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(NotStorableError);
      expect(failure).toMatchObject({
        message: 'stage much cannot store what it has of a key',
        hint: expect.stringMatching(/merge\(\) of the aggregate of stage much/),
        cause: expect.objectContaining({ message: expect.stringMatching(/a Map is no JSON/) }),
      });
    }
  });
});
