import { expect, expectTypeOf, describe as suite, test } from 'vitest';
import * as z from 'zod';
import {
  describe,
  HOURS,
  HoppingWindow,
  MINUTES,
  type PlanError,
  type PlanErrorCode,
  pipeline,
  SECONDS,
  type Stream,
  TumblingWindow,
  table,
  type WindowResult,
} from '../../src/index.ts';
import { fingerprint } from '../../src/topology/describe.ts';

const Click = z.object({
  timestamp: z.number(),
  action: z.enum(['click', 'view']),
  url: z.string(),
  amount: z.number().optional(),
});

const options = {
  schema: Click,
  timestamp: (e: z.infer<typeof Click>) => e.timestamp,
  outOfOrderness: 30 * SECONDS,
};

const clicks = () => pipeline('clickstream').stream('clicks', options);

const counted = () =>
  clicks()
    .filter((e) => e.action === 'click')
    .keyBy((e) => e.url)
    .window(TumblingWindow.of(5, MINUTES))
    .count();

suite('a plan', () => {
  test('prints what it is, with names from stable words', () => {
    expect(describe(counted().to(table('page-clicks')))).toMatchInlineSnapshot(`
      "pipeline clickstream
        stream clicks
          time           event
          outOfOrderness 30s
          maxFutureSkew  1m
          maxDelay       none
          onBadRecord    deadLetter
        stage clicks-tumbling-5m-count
          from       clicks > filter > keyBy
          operator   tumbling-5m-count
          late       drop
          resolution 5m
          buckets    4
          chunks of  500 keys
          to         table page-clicks"
    `);
  });

  test('is frozen all the way down', () => {
    const plan = counted().to(table('page-clicks'));
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      '~standard' in value ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(plan)).toBe(true);
  });

  test('does not change when the stream that it began with goes on', () => {
    const base = clicks();
    const views = base.filter((e) => e.action === 'view');
    const plan = views
      .keyBy((e) => e.url)
      .window(TumblingWindow.of(1, HOURS))
      .count()
      .to(table('views'));
    base.filter(() => false);
    expect(plan.stages[0]?.inputs[0]?.steps).toHaveLength(1);
  });

  test('keeps the name that the stage was given', () => {
    const plan = clicks()
      .keyBy((e) => e.url)
      .window(TumblingWindow.of(5, MINUTES))
      .sum((e) => e.amount ?? 0, { name: 'revenue', buckets: 16 })
      .to(table('revenue'));
    expect(plan.stages[0]).toMatchObject({ name: 'revenue', buckets: 16 });
  });

  test('looks at windows of a shifted day where all of their ends lie', () => {
    const window = TumblingWindow.of(24, HOURS, { offset: -8 * HOURS });
    const plan = clicks()
      .keyBy((e) => e.url)
      .window(window)
      .count()
      .to(table('days'));
    expect(plan.stages[0]).toMatchObject({
      name: 'clicks-tumbling-1d-offset-16h-count',
      resolutionMs: 8 * HOURS,
    });
  });

  test.each([
    ['another window', { window: TumblingWindow.of(6, MINUTES) }],
    ['another number of buckets', { buckets: 8 }],
    ['another chunk', { keysPerChunk: 100 }],
    ['another resolution', { resolution: 1 * SECONDS }],
  ])('of %s has another fingerprint', (_what, change) => {
    const plan = ({
      window = TumblingWindow.of(5, MINUTES),
      ...settings
    }: { window?: ReturnType<typeof TumblingWindow.of> } & object) =>
      clicks()
        .keyBy((e) => e.url)
        .window(window)
        .count({ name: 'same', ...settings })
        .to(table('same'));
    const print = (settings: object) =>
      plan(settings)
        .stages.map((stage) => fingerprint(stage))
        .join();
    expect(print(change)).not.toBe(print({}));
    expect(print({})).toBe(print({}));
  });
});

test.each([
  ['an offset', TumblingWindow.of(5, MINUTES, { offset: SECONDS }), true],
  ['an advance that does not divide', HoppingWindow.of(5, MINUTES).every(2, MINUTES), true],
  ['neither', HoppingWindow.of(6, MINUTES).every(2, MINUTES), false],
])('the fingerprint tells that windows with %s are filed by slices', (_what, window, isTold) => {
  const counts = clicks()
    .keyBy((e) => e.url)
    .window(window);
  const prints = [counts, counts.allowedLateness(SECONDS)].map((windowed) =>
    windowed
      .count({ name: 'same' })
      .to(table('same'))
      .stages.map((stage) => fingerprint(stage))
      .join(),
  );
  // Those that take late events are filed by the ends of their windows.
  expect(prints.map((print) => /filing=/.test(print))).toEqual([isTold, false]);
});

suite('types', () => {
  test('follow the schema, the filters and the maps', () => {
    expectTypeOf(clicks()).toExtend<Stream<{ url: string; action: 'click' | 'view' }>>();
    const narrowed = clicks().filter(
      (e): e is typeof e & { amount: number } => e.amount !== undefined,
    );
    narrowed.map((e) => expectTypeOf(e.amount).toEqualTypeOf<number>());
    clicks()
      .map((e) => e.url.length)
      .filter((length) => {
        expectTypeOf(length).toEqualTypeOf<number>();
        return true;
      });
    expectTypeOf(counted())
      .toHaveProperty('type')
      .toEqualTypeOf<WindowResult<number> | undefined>();
  });

  test('keep what cannot be from being written', () => {
    // @ts-expect-error windows belong to keyed streams
    expect(() => clicks().window(TumblingWindow.of(5, MINUTES))).toThrow();
    // @ts-expect-error the schema has no such field
    clicks().filter((e) => e.nothing === 1);
    // @ts-expect-error a key is text or a number
    clicks().keyBy((e) => e);
    // @ts-expect-error outOfOrderness is always named
    expect(() => pipeline('p').stream('s', { schema: Click, timestamp: () => 0 })).toThrow();
  });
});

suite('a wrong plan is refused with what to change', () => {
  const windowed = () =>
    clicks()
      .keyBy((e) => e.url)
      .window(TumblingWindow.of(5, MINUTES));
  const other = (change: object) => () => pipeline('p').stream('s', { ...options, ...change });
  test.each<[string, () => unknown, PlanErrorCode, RegExp]>([
    ['a pipeline without a name', () => pipeline(''), 'NAME_INVALID', /letters/],
    ['a name with a slash', () => pipeline('a/b'), 'NAME_INVALID', /letters/],
    [
      'a stream name with a hash',
      () => pipeline('p').stream('a#b', options),
      'NAME_INVALID',
      /letters/,
    ],
    ['a stage name of position', () => windowed().count({ name: ' ' }), 'NAME_INVALID', /letters/],
    ['no schema', other({ schema: {} }), 'SCHEMA_INVALID', /zod/],
    ['no timestamp', other({ timestamp: undefined }), 'SETTING_INVALID', /function/],
    ['negative outOfOrderness', other({ outOfOrderness: -1 }), 'DURATION_INVALID', /SECONDS/],
    ['fractional outOfOrderness', other({ outOfOrderness: 0.5 }), 'DURATION_INVALID', /SECONDS/],
    ['outOfOrderness of NaN', other({ outOfOrderness: Number.NaN }), 'DURATION_INVALID', /SECONDS/],
    ['negative maxDelay', other({ maxDelay: -5 }), 'DURATION_INVALID', /SECONDS/],
    ['negative maxFutureSkew', other({ maxFutureSkew: -5 }), 'DURATION_INVALID', /SECONDS/],
    ['an unknown policy', other({ onBadRecord: 'skip' }), 'SETTING_INVALID', /deadLetter/],
    [
      'a window of nothing',
      () => TumblingWindow.of(0, MINUTES),
      'WINDOW_INVALID',
      /TumblingWindow\.of/,
    ],
    [
      'a negative window',
      () => TumblingWindow.of(-5, MINUTES),
      'WINDOW_INVALID',
      /TumblingWindow\.of/,
    ],
    ['a window of half a ms', () => TumblingWindow.of(0.5), 'WINDOW_INVALID', /whole/],
    [
      'an offset beyond the size',
      () => TumblingWindow.of(5, MINUTES, { offset: HOURS }),
      'WINDOW_INVALID',
      /shorter/,
    ],
    [
      'no window',
      () =>
        clicks()
          .keyBy((e) => e.url)
          .window(undefined as never),
      'WINDOW_INVALID',
      /TumblingWindow/,
    ],
    ['no buckets', () => windowed().count({ buckets: 0 }), 'SETTING_INVALID', /1 to 1024/],
    ['too many buckets', () => windowed().count({ buckets: 1025 }), 'SETTING_INVALID', /1 to 1024/],
    ['an empty chunk', () => windowed().count({ keysPerChunk: 0 }), 'SETTING_INVALID', /10000/],
    [
      'a resolution of nothing',
      () => windowed().count({ resolution: 0 }),
      'DURATION_INVALID',
      /at least 1/,
    ],
    [
      'a filter that is no function',
      () => clicks().filter('x' as never),
      'SETTING_INVALID',
      /function/,
    ],
    [
      'a sum of no function',
      () => windowed().sum('amount' as never),
      'SETTING_INVALID',
      /function/,
    ],
    ['a table of two letters', () => table('ab'), 'SINK_INVALID', /DynamoDB/],
    [
      'no sink',
      () =>
        windowed()
          .count()
          .to('page-clicks' as never),
      'SINK_INVALID',
      /table\(/,
    ],
  ])('%s', (_what, build, code, hint) => {
    expect(build).toThrow(
      expect.objectContaining({
        name: 'PlanError',
        code,
        hint: expect.stringMatching(hint),
      } satisfies Partial<PlanError>),
    );
  });
});
