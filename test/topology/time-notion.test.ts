import { describe, expect, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import {
  describeJson,
  describeMermaid,
  describe as describePlan,
  type PlanErrorCode,
  pipeline,
  SECONDS,
  type StreamOptions,
  TumblingWindow,
  table,
} from '../../src/index.ts';

const schema = z.object({ at: z.number(), key: z.string() });
const EVENT = { schema, timestamp: (e: { at: number }) => e.at, outOfOrderness: 0 };
type Options = StreamOptions<typeof schema>;

const begin = pipeline('test');
const counted = (options: Options) =>
  begin
    .stream('events', options)
    .keyBy((e) => e.key)
    .window(TumblingWindow.of(10, SECONDS))
    .count();

describe('a plan tells what its time is', () => {
  test.each<[Options, string[], object, string]>([
    [
      { schema, timestamp: 'arrival' },
      ['time           arrival', 'outOfOrderness 1s', 'maxDelay       5s'],
      { time: 'arrival', outOfOrdernessMs: 1_000, maxFutureSkewMs: 0, maxDelayMs: 5_000 },
      'events<br/>arrival time<br/>out of order by 1s',
    ],
    [
      { schema, timestamp: 'arrival', outOfOrderness: 3 * SECONDS, maxDelay: 0 },
      ['time           arrival', 'outOfOrderness 3s', 'maxDelay       0ms'],
      { time: 'arrival', outOfOrdernessMs: 3_000, maxDelayMs: 0 },
      'events<br/>arrival time<br/>out of order by 3s',
    ],
    [
      { schema, timestamp: 'processing' },
      ['time           processing', 'outOfOrderness 0ms', 'maxDelay       0ms'],
      { time: 'processing', outOfOrdernessMs: 0, maxFutureSkewMs: 0, maxDelayMs: 0 },
      'events<br/>processing time',
    ],
    [EVENT, ['time           event', 'maxDelay       none'], { time: 'event' }, 'events<br/>out'],
  ])('%o', (options, lines, json, label) => {
    const plan = counted(options).to(table('counts'));
    const text = describePlan(plan);
    for (const line of lines) expect(text).toContain(`    ${line}\n`);
    expect(describeJson(plan).streams[0]).toMatchObject(json);
    expect(describeMermaid(plan)).toContain(label);
  });
});

test('the type of events follows the schema, whatever their time is', () => {
  const arrivals = begin.stream('events', { schema, timestamp: 'arrival' });
  expectTypeOf(arrivals).toHaveProperty('type').toEqualTypeOf<z.infer<typeof schema> | undefined>();
  const inferred = begin.stream('events', { schema, timestamp: (e) => e.at, outOfOrderness: 1 });
  expectTypeOf(inferred).toEqualTypeOf<typeof arrivals>();
});

describe('is refused', () => {
  const stream = (options: object) => () => begin.stream('events', options as Options);
  test.each<[string, () => unknown, PlanErrorCode, RegExp]>([
    ['another word', stream({ ...EVENT, timestamp: 'ingestion' }), 'SETTING_INVALID', /timestamp/],
    ['no time', stream({ schema, outOfOrderness: 0 }), 'SETTING_INVALID', /timestamp/],
    [
      'event time without a bound',
      // @ts-expect-error it is always named with a function
      () => begin.stream('events', { schema, timestamp: (e) => e.at }),
      'DURATION_INVALID',
      /outOfOrderness/,
    ],
    [
      'a bound where nothing is out of order',
      // @ts-expect-error processing is never out of order
      () => begin.stream('events', { schema, timestamp: 'processing', outOfOrderness: 5 }),
      'SETTING_INVALID',
      /outOfOrderness/,
    ],
    [
      'a promise where none is needed',
      // @ts-expect-error nothing is processed before now
      () => begin.stream('events', { schema, timestamp: 'processing', maxDelay: 5 }),
      'SETTING_INVALID',
      /maxDelay/,
    ],
    [
      'an arrival from the future',
      // @ts-expect-error no arrival is later than itself
      () => begin.stream('events', { schema, timestamp: 'arrival', maxFutureSkew: 5 }),
      'SETTING_INVALID',
      /maxFutureSkew/,
    ],
    ['less than nothing', stream({ ...EVENT, outOfOrderness: -1 }), 'DURATION_INVALID', /-1 ms/],
    [
      'an arrival of never',
      stream({ schema, timestamp: 'arrival', maxDelay: -1 }),
      'DURATION_INVALID',
      /maxDelay/,
    ],
  ])('%s', (_, build, code, told) => {
    expect(build).toThrow(expect.objectContaining({ code }));
    expect(build).toThrow(told);
  });

  const happened = begin.stream('happened', EVENT);
  const arrived = begin.stream('arrived', { schema, timestamp: 'arrival' });
  const processed = begin.stream('processed', { schema, timestamp: 'processing' });
  const again = begin.stream('again', { schema, timestamp: 'processing' });
  const windowed = (merged: typeof happened) =>
    merged.keyBy((e) => e.key).window(TumblingWindow.of(1, SECONDS));
  const told = windowed(processed)
    .count()
    .map(() => ({ at: 0, key: '' }));

  test('processing time beside another one in a stage', () => {
    const refused = expect.objectContaining({ code: 'STAGE_INVALID' });
    expect(() => windowed(happened.merge(processed)).count()).toThrow(refused);
    expect(() => windowed(arrived.merge(processed)).count()).toThrow(refused);
    expect(() => windowed(happened.merge(told)).count()).toThrow(refused);
    const rows = processed.keyBy((e) => e.key).toTable();
    expect(() => happened.keyBy((e) => e.key).joinAsOf(rows)).toThrow(refused);
  });

  test('nothing else', () => {
    windowed(happened.merge(arrived)).count();
    windowed(processed.merge(again)).count({ name: 'both' });
    windowed(processed.merge(told)).count({ name: 'told' });
    expect(happened.merge(processed).to(table('all')).stages).toHaveLength(1);
  });
});
