import { describe, expect, test } from 'vitest';
import { LatenessCounter, SETTINGS } from '../../../src/cli/tidemark/lateness-curve.ts';
import { HOURS, MINUTES, pipeline, TumblingWindow, table } from '../../../src/index.ts';
import type { Schema } from '../../../src/schema/standard-schema.ts';
import { testDriver } from '../../../src/testing/index.ts';
import { workplace } from '../../runtime/batch/workplace.ts';
import fc from '../../support/fast-check.ts';
import { called } from './called.ts';

const place = workplace();
const NOON = Date.parse('2026-03-01T12:00:00Z');
const at = (second: number, shard = 'a') => ({
  timestamp: new Date(NOON + second * 1_000).toISOString(),
  meta: { shard },
});

describe('tidemark lateness', () => {
  const sample = [
    ...[0, 10, 20, 30, 5, 40, 50, 60, 45].map((second) => at(second)),
    ...['oops', { timestamp: 'yesterday' }, at(100_000), at(70), at(69.5)],
  ];

  test.each(['sample.jsonl', 'sample.jsonl.gz'])('shows the curve of %s', async (name) => {
    const file = place.write(sample, name);
    const { out, ...rest } = await called('lateness', file, '--field', 'timestamp');
    expect(rest).toEqual({ code: 0, err: '' });
    expect(out.replace(file, 'FILE')).toBe(
      `
FILE: 11 events from 2026-03-01T12:00:00.000Z to 2026-03-01T12:01:10.000Z
  lines without a time in 'timestamp': 2
  more than a --jump ahead of all others, and left out: 1
Late: it is behind the watermark.

outOfOrderness        late       share
             0           3    27.273 %  ██████████████████████████████
            1s           2    18.182 %  ████████████████████
            2s           2    18.182 %  ████████████████████
            5s           2    18.182 %  ████████████████████
           10s           2    18.182 %  ████████████████████
           20s           1     9.091 %  ██████████
           30s           0     0.000 %

At most 0.1 % with outOfOrderness: 30 * SECONDS. Every result waits that long.
The one that was furthest behind came 25s after a newer one.
`.trimStart(),
    );
  });

  test('judges by windows, and by what the caller takes for enough', async () => {
    const file = place.write(sample);
    const flags = ['--field', 'timestamp', '--window', '20s', '--target', '10'];
    const { out } = await called('lateness', file, ...flags);
    expect(out).toContain('Late: its window of 20s is closed.');
    expect(out).toMatch(/^ +5s +1 +9\.091 %/m);
  });

  test('takes each shard for itself', async () => {
    const file = place.write([at(0, 'a'), at(60, 'b'), at(1, 'a'), at(61, 'b')]);
    const one = await called('lateness', file, '--field', 'timestamp', '--json');
    const each = ['--field', 'timestamp', '--lane', 'meta.shard', '--json'];
    const two = await called('lateness', file, ...each);
    expect(JSON.parse(one.out)).toMatchObject({ events: 4, greatestMs: 59_000 });
    expect(JSON.parse(two.out)).toEqual({
      file,
      events: 4,
      ahead: 0,
      from: NOON,
      to: NOON + 61_000,
      unreadable: 0,
      windowMs: null,
      curve: SETTINGS.map((outOfOrdernessMs) => ({ outOfOrdernessMs, late: 0, share: 0 })),
      greatestMs: 0,
      suggestedMs: 0,
    });
  });

  test.each`
    args                                                    | code | said
    ${['no.jsonl', '--field', 'timestamp']}                 | ${2} | ${"there is no file 'no.jsonl'"}
    ${['FILE']}                                             | ${2} | ${"required option '--field <name>' not specified"}
    ${['FILE', '--field', 'timestamp', '--window', 'five']} | ${2} | ${'It takes a duration such as 30s'}
    ${['FILE', '--field', 'timestamp', '--target', '101']}  | ${2} | ${'It takes a number from 0 to 100'}
    ${['FILE', '--field', 'time']}                          | ${1} | ${"no line of 'FILE' has a time in 'time'"}
  `('refuses $args: $said', async ({ args, code, said }) => {
    const file = place.write(sample);
    const named = args.map((arg: string) => (arg === 'FILE' ? file : arg));
    const told = await called('lateness', ...named);
    expect(told).toMatchObject({ code, out: '' });
    expect(told.err.replace(file, 'FILE')).toContain(said);
  });
});

describe('a clock that is ahead', () => {
  test.each`
    minutes                 | events | ahead
    ${[0, 1, 1_440, 2]}     | ${3}   | ${1}
    ${[0, 1, 1_440, 1_441]} | ${4}   | ${0}
    ${[0, 1, 1_440]}        | ${2}   | ${1}
    ${[0, 1_440, 2_880, 1]} | ${2}   | ${2}
  `('of $minutes takes $events and leaves $ahead out', ({ minutes, events, ahead }) => {
    const counter = new LatenessCounter({ window: 0, jump: HOURS });
    for (const minute of minutes) counter.add(minute * MINUTES);
    expect(counter.curve()).toMatchObject({ events, ahead });
  });
});

const WINDOW = 5_000;
const schema = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
};

test('tells what the engine counts as late', async () => {
  const seconds = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(seconds, fc.constantFrom(0, 1, 3, 5), async (times, index) => {
      const counter = new LatenessCounter({ window: WINDOW, jump: HOURS });
      for (const time of times) counter.add(time * 1_000);
      const outOfOrderness = SETTINGS[index] ?? 0;
      const plan = pipeline('p')
        .stream('s', {
          schema: schema as unknown as Schema<{ at: number }>,
          timestamp: (e) => e.at,
          outOfOrderness,
        })
        .keyBy(() => 'k')
        .window(TumblingWindow.of(WINDOW))
        .count()
        .to(table('counts'));
      const driver = testDriver(plan);
      await driver.send(...times.map((time) => ({ at: time * 1_000 })));
      expect(counter.curve().late[index]?.late).toBe(driver.late().length);
    }),
    { numRuns: 40 },
  );
});
