import { describe, expect, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import {
  type Aggregations,
  combine,
  count,
  describeJson,
  describeMermaid,
  describe as describePlan,
  HOURS,
  HoppingWindow,
  MINUTES,
  type NameMissing,
  type PlanErrorCode,
  pipeline,
  rowsOf,
  SECONDS,
  SessionWindow,
  SlidingWindow,
  sum,
  TumblingWindow,
  table,
} from '../../src/index.ts';

const options = {
  schema: z.object({ at: z.number(), page: z.string() }),
  timestamp: ({ at }: { readonly at: number }) => at,
  outOfOrderness: 0,
};
const streamOf = (name: string) => pipeline(name).stream('clicks', options);
const clicks = streamOf('p');
const keyed = clicks.keyBy(({ page }) => page);
const windows = keyed.window(TumblingWindow.of(5, MINUTES));
const rows = keyed.toTable();
const join = (bounds: object) => () => keyed.join(keyed, bounds as never);

type Refusal = readonly [
  what: string,
  build: () => unknown,
  code: PlanErrorCode,
  fact: string,
  hint: string,
];

const refused = (cases: readonly Refusal[]) =>
  test.each(cases)('%s', (_, build, code, fact, hint) => {
    expect(build).toThrow(
      expect.objectContaining({
        name: 'PlanError',
        code,
        fact,
        hint: expect.stringContaining(hint),
      }),
    );
  });

describe('lengths of windows that are none', () => {
  const text = '5m' as unknown as number;
  refused([
    ...(
      [
        ['size of a tumbling', TumblingWindow.of, 'TumblingWindow.of(5, MINUTES)'],
        ['size of a hopping', HoppingWindow.of, 'HoppingWindow.of(1, HOURS).every(5, MINUTES)'],
        ['gap of a session', SessionWindow.withGap, 'SessionWindow.withGap(30, MINUTES)'],
        ['span of a sliding', SlidingWindow.of, 'SlidingWindow.of(5, MINUTES)'],
        ['span of a sliding', SlidingWindow.ofTimeDifference, 'SlidingWindow.ofTimeDifference('],
      ] as const
    ).flatMap(([what, of, hint]): Refusal[] => [
      [
        `a ${what}`,
        () => of(-5, SECONDS),
        'WINDOW_INVALID',
        `the ${what} window is -5000 ms`,
        hint,
      ],
      [`a ${what} as text`, () => of(text), 'WINDOW_INVALID', `the ${what} window is "5m"`, hint],
      [
        `a ${what} of no unit`,
        () => of(5, 'minutes' as never),
        'WINDOW_INVALID',
        `the ${what} window is 5,"minutes"`,
        hint,
      ],
      [
        `a ${what} of nothing`,
        () => of(undefined as never),
        'WINDOW_INVALID',
        `the ${what} window is undefined`,
        hint,
      ],
    ]),
    [
      'an advance beyond the size',
      () => HoppingWindow.of(1, MINUTES).every(2, MINUTES),
      'WINDOW_INVALID',
      'the advance of a hopping window is 120000 ms, its size 60000 ms',
      'at most the size',
    ],
    [
      'an advance that makes too many windows',
      () => HoppingWindow.of(10, MINUTES).every(1),
      'WINDOW_INVALID',
      'each event would be in 600000 windows of 600000 ms, one every 1 ms',
      'Let them advance by 60 ms or more, or take SlidingWindow',
    ],
    [
      'hopping windows without an advance',
      () => keyed.window(HoppingWindow.of(1, HOURS) as never),
      'WINDOW_INVALID',
      'a hopping window was not told its advance',
      'Add it with .every(',
    ],
  ]);

  test('windows that an event is in 10,000 of are built', () => {
    expect(HoppingWindow.of(10_000).every(1)).toMatchObject({ sizeMs: 10_000, advanceMs: 1 });
  });
});

describe('bounds of joins', () => {
  refused([
    [
      'within and after',
      join({ within: 5, after: 5 }),
      'DURATION_INVALID',
      'a join is given within and after',
      'or before and after',
    ],
    [
      'within and before',
      join({ within: 5, before: 5 }),
      'DURATION_INVALID',
      'a join is given within and before',
      'or before and after',
    ],
    [
      'too far',
      join({ after: 1e15 }),
      'DURATION_INVALID',
      'after of a join is 1000000000000000 ms, which is more than 1,000 years',
      'events wait that long',
    ],
    [
      'no number',
      join({ within: '5m' }),
      'DURATION_INVALID',
      'within of a join is "5m"',
      'whole number of ms',
    ],
    [
      'nothing between them',
      join({ before: -5, after: 4 }),
      'DURATION_INVALID',
      'a join reaches from -5 ms before to 4 ms after',
      'something between them',
    ],
  ]);
});

describe('options that are not there, with the one that was meant', () => {
  const stream = (more: object) => () => pipeline('p').stream('clicks', { ...options, ...more });
  refused([
    [
      'of a stream',
      stream({ outoforderness: 5 }),
      'SETTING_INVALID',
      'the stream clicks has no option outoforderness',
      'Did you mean outOfOrderness?',
    ],
    [
      'of windows',
      () => windows.count({ name: 'n', bucket: 3 } as never),
      'SETTING_INVALID',
      'the stage n has no option bucket',
      'Did you mean buckets?',
    ],
    [
      'of an aggregate',
      () => windows.topK(1, ({ page }) => page, { name: 'n', wieght: () => 1 } as never),
      'SETTING_INVALID',
      'the stage n has no option wieght',
      'Did you mean weight?',
    ],
    [
      'of a join',
      join({ within: 5, name: 'n', resolutionMs: 5 }),
      'SETTING_INVALID',
      'the stage n has no option resolutionMs',
      'Did you mean resolution?',
    ],
    [
      'of a process',
      () => keyed.process({ name: 'n', onEvent: () => {}, ontimer: () => {} } as never),
      'SETTING_INVALID',
      'the stage n has no option ontimer',
      'Did you mean onTimer?',
    ],
    [
      'of a table',
      () => keyed.toTable({ nmae: 'n' } as never),
      'SETTING_INVALID',
      'toTable() has no option nmae',
      'Did you mean name?',
    ],
    [
      'of a lookup',
      () => clicks.lookup(rowsOf('shops'), { key: () => 'a', cachefor: 5 } as never),
      'SETTING_INVALID',
      'the lookup in shops has no option cachefor',
      'Did you mean cacheFor?',
    ],
  ]);
});

describe('what something else belongs in place of', () => {
  const noFunction = 'page' as never;
  refused([
    [
      'a foreign key that is no function',
      () => rows.joinOn(rows, noFunction),
      'SETTING_INVALID',
      'the foreign key of joinOn() is no function',
      'a function of the row',
    ],
    [
      'a group that is no function',
      () => rows.groupBy(noFunction),
      'SETTING_INVALID',
      'what groupBy() is given is no function',
      'a function of the row',
    ],
    [
      'streams of two pipelines to merge',
      () => streamOf('a').merge(streamOf('b')),
      'STAGE_INVALID',
      'a stream of the pipeline a is to be merged with one of b',
      'the same pipeline()',
    ],
    [
      'streams of two pipelines to join',
      () =>
        streamOf('a')
          .keyBy(() => 1)
          .join(
            streamOf('b').keyBy(() => 1),
            { within: 1 },
          ),
      'STAGE_INVALID',
      'a stream of a is to be joined with one of b',
      'the same pipeline()',
    ],
    [
      'early results without how often',
      () => windows.emit(undefined as never),
      'DURATION_INVALID',
      'the time between early results is undefined',
      '30 * SECONDS',
    ],
    [
      'nothing to combine',
      () => combine(undefined as never),
      'STAGE_INVALID',
      'combine() was given something that is no plan',
      'what to() returns',
    ],
    [
      'a stream to combine',
      () => combine(clicks.to(table('raw')), clicks as never),
      'STAGE_INVALID',
      'combine() was given something that is no plan',
      'what to() returns',
    ],
    ...(['sum', 'min', 'max', 'average', 'sumDecimal', 'distinct'] as const).map(
      (name): Refusal => [
        `a property for ${name}()`,
        () => windows[name](noFunction),
        'SETTING_INVALID',
        `what ${name}() is given is no function`,
        'a function of the event',
      ],
    ),
    [
      'a property for one of several aggregates',
      () => windows.aggregate({ n: count(), total: sum(noFunction) }, { name: 'both' }),
      'SETTING_INVALID',
      'what sum() is given is no function',
      'a function of the event',
    ],
    [
      'nothing for reduce()',
      () => windows.reduce(undefined as never),
      'SETTING_INVALID',
      'what reduce() is given is no function',
      'makes one event of two',
    ],
    [
      'an aggregate without finish()',
      () => windows.aggregate({ create: () => 0, add: () => 0, merge: () => 0 } as never),
      'SETTING_INVALID',
      'finish of an aggregate is no function',
      '{ create, add, merge, finish }',
    ],
    [
      'a process without onEvent()',
      () => keyed.process({ name: 'alerts' } as never),
      'SETTING_INVALID',
      'onEvent of alerts is no function',
      'a function of the context',
    ],
    [
      'an evolution without apply()',
      () => keyed.evolve({ name: 'carts', initial: 0 } as never),
      'SETTING_INVALID',
      'apply of an evolution is no function',
      'a function of the state',
    ],
    ...(
      [
        ['describe()', describePlan],
        ['describeJson()', describeJson],
        ['describeMermaid()', describeMermaid],
      ] as const
    ).flatMap(([who, show]) =>
      [undefined, clicks, windows, 'clicks'].map(
        (given): Refusal => [
          `${given === undefined ? 'nothing' : typeof given} for ${who}`,
          () => show(given as never),
          'PLAN_INVALID',
          `${who} was not given a plan`,
          'what to() or combine() returns',
        ],
      ),
    ),
  ]);
});

describe('types', () => {
  test('of branches know how many there are', () => {
    const [views, others] = clicks.branch(({ page }) => page === 'view');
    expectTypeOf(views).toEqualTypeOf(clicks);
    expectTypeOf(others).toEqualTypeOf(clicks);
    const parts = clicks.branch(
      () => true,
      () => false,
    );
    expectTypeOf(parts.length).toEqualTypeOf<3>();
    expect(parts).toHaveLength(3);
    // @ts-expect-error there are three
    expect(parts[3]).toBeUndefined();
  });

  test('say of several aggregates that the stage needs a name', () => {
    // What the compiler holds against such a call is the last way to call it.
    type Last = Parameters<Aggregations<unknown, 'windows'>['aggregate']>;
    expectTypeOf<Last[0]>().toExtend<NameMissing>();
    // @ts-expect-error Property '"the stage needs a name: ...' is missing
    expect(() => windows.aggregate({ n: count() })).toThrow(/has no name/);
  });
});
