import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  combine,
  DAYS,
  HOURS,
  lateEvents,
  MINUTES,
  type ProcessContext,
  pipeline,
  TimerLoopError,
  TumblingWindow,
  table,
  UserFunctionError,
} from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';

const RESOLUTION = 10;

const events = (outOfOrderness = 0) =>
  pipeline('test')
    .stream('events', {
      schema: z.object({ at: z.number(), key: z.string().default('k'), text: z.string() }),
      timestamp: (event) => event.at,
      outOfOrderness,
    })
    .keyBy((event) => event.key);

/** Sets timers (`>20`) and takes them back (`-20`) as events say, and tells what happens when. */
const traced = () =>
  events()
    .process<string>({
      name: 'traced',
      resolution: RESOLUTION,
      onEvent(context, { text }) {
        context.emit(`e${context.time}`);
        for (const [, what, time, name] of text.matchAll(/([>-])(\d+)([a-z]*)/g)) {
          if (what === '>') context.setTimer(Number(time), name);
          else context.deleteTimer(Number(time), name);
        }
      },
      onTimer: (context, { time, name }) => {
        expect(context.time).toBe(time);
        context.emit(`t${time}${name}`);
      },
    })
    .to(table('trace'));

/** `5>20` is an event at 5 that says `>20`. */
const parsed = (text: string) =>
  text
    .split(' ')
    .map((word) => ({ at: Number.parseInt(word, 10), text: word.replace(/^\d+/, '') }));

describe('a timer', () => {
  test.each`
    events                 | trace                       | what
    ${'5>20'}              | ${'e5 t20'}                 | ${'fires at the end, if nothing comes before'}
    ${'5>20 20 20 21'}     | ${'e5 e20 e20 t20 e21'}     | ${'fires after all events of its instant and before later ones'}
    ${'5>19 19 20'}        | ${'e5 e19 t19 e20'}         | ${'at the last instant of a slot belongs to it'}
    ${'5>20 19 21'}        | ${'e5 e19 t20 e21'}         | ${'at the first instant of a slot belongs to that one'}
    ${'5>7 6 8'}           | ${'e5 e6 t7 e8'}            | ${'fires between the events of one slot'}
    ${'5>3 6'}             | ${'e5 t5 e6'}               | ${'in the past counts as now'}
    ${'5>5 5 6'}           | ${'e5 e5 t5 e6'}            | ${'of now waits for the other events of now'}
    ${'15>2 15'}           | ${'e15 e15 t15'}            | ${'long past counts as now too'}
    ${'5>20>20 6>20'}      | ${'e5 e6 t20'}              | ${'set twice is one'}
    ${'5>20b>20a>20'}      | ${'e5 t20 t20a t20b'}       | ${'has a name; those of one instant fire in the order of names'}
    ${'5>20>30 8-20'}      | ${'e5 e8 t30'}              | ${'can be taken back'}
    ${'5>20a 8-20'}        | ${'e5 e8 t20a'}             | ${'is taken back by its name'}
    ${'5>20 20-20'}        | ${'e5 e20'}                 | ${'can be taken back at its own instant'}
    ${'5>7 30-7'}          | ${'e5 t7 e30'}              | ${'that has fired cannot be taken back'}
    ${'5>20 5-20>40 8>12'} | ${'e5 e5 e8 t12 t40'}       | ${'can be moved'}
    ${'5>99>50>30>70'}     | ${'e5 t30 t50 t70 t99'}     | ${'is one of many'}
    ${'5>99 15>50 25>30'}  | ${'e5 e15 e25 t30 t50 t99'} | ${'may be set earlier than those that are asked for'}
    ${'5>200 15-200>90'}   | ${'e5 e15 t90'}             | ${'that was asked for and taken back does nothing'}
  `('$what', async ({ events, trace }) => {
    const driver = testDriver<string>(traced());
    for (const event of parsed(events)) await driver.send(event);
    await driver.end();
    expect(driver.events().map(({ value }) => value)).toEqual(trace.split(' '));
    expect(await driver.state('k')).toBeUndefined();
  });

  test('fires once, however often its slot is looked at', async () => {
    const driver = testDriver<string>(traced());
    for (const event of parsed('5>20 6>21 22 30 40 50')) await driver.send(event);
    await driver.end();
    const told = driver.takeOutputs().map(({ value, windowStart }) => [value, windowStart]);
    expect(told.filter(([value]) => String(value).startsWith('t'))).toEqual([
      ['t20', 20],
      ['t21', 21],
    ]);
  });

  test('that nothing is to be done for cannot be set', async () => {
    const plan = events()
      .process({ name: 'silent', onEvent: ({ setTimer }) => setTimer(5) })
      .to(table('none'));
    const driver = testDriver(plan);
    await driver.send({ at: 1, text: '' });
    await expect(driver.end()).rejects.toThrow('onEvent of stage silent sets a timer where there');
  });
});

test('every key has a state of its own, from initial on, until it is cleared', async () => {
  const plan = events(20)
    .process({
      name: 'counted',
      initial: { count: 0, first: '' },
      resolution: RESOLUTION,
      onEvent(
        context: ProcessContext<unknown, { count: number; first: string }, never, never>,
        { text },
      ) {
        if (text === 'clear') context.state.clear();
        const state = context.state.get();
        state.count += 1;
        state.first ||= text;
        if (text !== 'forget') context.state.set(state);
        context.emit(state);
      },
    })
    .to(table('counts'));
  const driver = testDriver(plan);
  await driver.send(
    { at: 30, key: 'a', text: 'late' },
    { at: 12, key: 'a', text: 'early' },
    { at: 14, key: 'b', text: 'other' },
    { at: 31, key: 'a', text: 'forget' },
    { at: 55, key: 'a', text: 'again' },
    { at: 70, key: 'a', text: 'clear' },
  );
  await driver.end();
  expect(driver.events().map(({ key, time, value }) => [key, time, value])).toEqual([
    ['a', 12, { count: 1, first: 'early' }],
    ['b', 14, { count: 1, first: 'other' }],
    ['a', 30, { count: 2, first: 'early' }],
    ['a', 31, { count: 3, first: 'early' }],
    ['a', 55, { count: 3, first: 'early' }],
    ['a', 70, { count: 1, first: 'clear' }],
  ]);
});

test('what is emitted and what is remembered are copies', async () => {
  const plan = events()
    .process<string[], string[]>({
      name: 'kept',
      onEvent({ state, emit }, { text }) {
        const list = state.get() ?? [];
        list.push(text);
        state.set(list);
        emit(list);
        list.push('never');
      },
    })
    .to(table('lists'));
  const driver = testDriver(plan);
  await driver.send({ at: 1, text: 'a' }, { at: 2, text: 'b' });
  await driver.end();
  expect(driver.events().map(({ value }) => value)).toEqual([['a'], ['a', 'b']]);
});

test('side outputs have names and go their own ways', async () => {
  const checked = events().process<string, unknown, { rejected: { text: string } }>({
    name: 'checked',
    tags: ['rejected'],
    onEvent({ emit, emitTo }, { text }) {
      if (text.startsWith('x')) emitTo('rejected', { text });
      else emit(text);
    },
  });
  const counted = checked
    .sideOutput('rejected')
    .map(({ text }) => text.length)
    .keyBy(() => 'all')
    .toTable({ name: 'longest' });
  const plan = combine(
    checked.filter((text) => text !== 'b').to(table('good')),
    checked.sideOutput('rejected').to(table('bad')),
    counted.to(table('longest')),
  );
  // @ts-expect-error: it has no such side output.
  expect(() => checked.sideOutput('other')).toThrow('no side output "other"');
  const driver = testDriver(plan);
  for (const [at, text] of ['a', 'xx', 'b', 'xyz', 'c'].entries()) await driver.send({ at, text });
  await driver.end();
  const values = (sink: string) => driver.events(sink).map(({ time, value }) => [time, value]);
  expect(values('good')).toEqual([
    [0, 'a'],
    [4, 'c'],
  ]);
  expect(values('bad')).toEqual([
    [1, { text: 'xx' }],
    [3, { text: 'xyz' }],
  ]);
  expect(driver.rows('longest')).toEqual(new Map([['all', 3]]));
});

test.each`
  at     | isLate   | what
  ${99}  | ${true}  | ${'its slot ends where the watermark is'}
  ${90}  | ${true}  | ${'its slot is closed'}
  ${100} | ${false} | ${'behind the watermark, but its slot is open'}
  ${105} | ${false} | ${'at the watermark'}
`('an event at $at is late: $isLate, $what', async ({ at, isLate }) => {
  const plan = events(0)
    .process({
      name: 'p',
      resolution: RESOLUTION,
      sideOutput: lateEvents('late-events'),
      onEvent: ({ time, emit }) => emit(time),
    })
    .to(table('times'));
  const driver = testDriver(plan);
  await driver.send({ at: 106, text: '' }, { at, text: '' });
  await driver.end();
  expect(driver.late()).toHaveLength(isLate ? 1 : 0);
  expect(driver.events().map(({ value }) => value)).toEqual(isLate ? [106] : [at, 106]);
});

describe('chance', () => {
  const drawn = async (batchSize: number, name = 'dice') => {
    const plan = events(1_000)
      .process({
        name,
        onEvent({ random, emit, setTimer, time }) {
          emit([random(), random()]);
          setTimer(time);
        },
        onTimer: ({ random, emit }) => emit([random()]),
      })
      .to(table('draws'));
    const driver = testDriver<number[]>(plan, { batchSize });
    await driver.send(
      ...[7, 3, 3, 3_000].flatMap((at) => ['a', 'b'].map((key) => ({ at, key, text: '' }))),
    );
    await driver.end();
    return driver.events().map(({ value }) => value);
  };

  test('is the same however the events come, and never the same number twice', async () => {
    const draws = await drawn(1);
    expect(draws).toHaveLength(14);
    expect(await drawn(100)).toEqual(draws);
    expect(new Set(draws.flat()).size).toBe(draws.flat().length);
    for (const draw of draws.flat()) expect(draw >= 0 && draw < 1).toBe(true);
  });

  test('is another one in another stage', async () => {
    expect(await drawn(1, 'cards')).not.toEqual(await drawn(1));
  });
});

describe('what a function must not do', () => {
  const running = async (onEvent: (context: ProcessContext<unknown, unknown>) => unknown) => {
    const plan = events()
      .process({ name: 'odd', onEvent, onTimer: () => undefined })
      .to(table('none'));
    const driver = testDriver(plan);
    await driver.send({ at: 60_000, text: '' });
    return driver.end();
  };

  test.each<[string, (context: ProcessContext<unknown, unknown>) => unknown, string]>([
    [
      'throw',
      () => JSON.parse('{'),
      'onEvent of stage odd threw SyntaxError at 1970-01-01T00:01:00.000Z',
    ],
    ['answer later', () => Promise.reject(new Error('no')), 'onEvent of stage odd threw TypeError'],
    [
      'remember what JSON cannot hold',
      ({ state }) => state.set(new Date(0)),
      'threw NotStorableError',
    ],
    ['emit what JSON cannot hold', ({ emit }) => emit(Number.NaN), 'threw NotStorableError'],
    ['emit nothing', ({ emit }) => emit(undefined), 'threw NotStorableError'],
    [
      'name a side output that is none',
      ({ emitTo }) => (emitTo as (tag: string, value: number) => void)('b', 1),
      'side output',
    ],
    ['set a timer for no time', ({ setTimer }) => setTimer(Number.NaN), 'no instant'],
  ])('%s', async (_, onEvent, message) => {
    const failure: unknown = await running(onEvent).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserFunctionError);
    expect(failure).toMatchObject({ retryable: false, hint: /deployed/ });
    expect(String(failure)).toContain(message);
  });

  test('set timers for now without end', async () => {
    const plan = events()
      .process({
        name: 'endless',
        onEvent: ({ setTimer, time }) => setTimer(time),
        onTimer: ({ setTimer, time }) => setTimer(time),
      })
      .to(table('none'));
    const driver = testDriver(plan);
    await driver.send({ at: 5, text: '' });
    const failure = await driver.end().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TimerLoopError);
    expect(String(failure)).toContain('10000 times at 1970-01-01T00:00:00.005Z');
  });

  test('remember more than an item holds', async () => {
    await expect(running(({ state }) => state.set('é'.repeat(200 * 1024)))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    await running(({ state }) => state.set('e'.repeat(380 * 1024)));
    const many = ({ setTimer }: ProcessContext) => {
      for (let n = 0; n < 20_000; n++) setTimer(100 * DAYS + n, `number ${n} of very many`);
    };
    await expect(running(many)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});

describe('timers that repeat', () => {
  const WIDTH = 101;

  /** So many timers a minute, from an event on until one that says `stop`. */
  const beating = () =>
    events()
      .process<number, { beats: number; stopped: boolean }>({
        name: 'beat',
        initial: { beats: 0, stopped: false },
        onEvent({ setTimer, time, state }, { text }) {
          if (text === 'stop') state.set({ ...state.get(), stopped: true });
          else for (let n = 0; n < WIDTH; n++) setTimer(time + MINUTES, `beat ${n}`);
        },
        onTimer({ setTimer, state, emit }, { time, name }) {
          const { beats, stopped } = state.get();
          if (stopped) return;
          state.set({ beats: beats + 1, stopped });
          emit(beats + 1);
          setTimer(time + MINUTES, name);
        },
      })
      .to(table('beats'));

  test('go on for as long as there are events of whatever key', async () => {
    const driver = testDriver<number>(beating());
    await driver.send({ at: 0, key: 'a', text: '' }, { at: 200 * MINUTES, key: 'b', text: 'stop' });
    expect(driver.events()).toHaveLength(199 * WIDTH);
  });

  test('go on at the end of the input for as long as there are events', async () => {
    const driver = testDriver<number>(beating(), { lanes: 2 });
    // The other lane holds the watermark: everything fires when the input is over.
    await driver.send({ at: 0, text: '' }, { at: 150 * MINUTES, text: 'stop' });
    expect(driver.events()).toHaveLength(0);
    await driver.end();
    expect(driver.events()).toHaveLength(149 * WIDTH);
  });

  test('end with an error when the input is over: they would go on for ever', async () => {
    const driver = testDriver<number>(beating());
    await driver.send({ at: 0, text: '' });
    const failure = await driver.end().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TimerLoopError);
    expect(String(failure)).toContain('10000 times after the last event of all');
    expect(driver.events().length).toBeLessThanOrEqual(10_000);
    expect(driver.events().length).toBeGreaterThan(9_000);
  });
});

describe('a plan is refused', () => {
  const onEvent = () => undefined;
  test.each<[string, () => unknown, string]>([
    ['no name', () => events().process({ onEvent } as never), 'NAME_INVALID'],
    ['no function', () => events().process({ name: 'p' } as never), 'SETTING_INVALID'],
    [
      'an asynchronous function',
      () => events().process({ name: 'p', onEvent: async () => {} }),
      'SETTING_INVALID',
    ],
    [
      'an asynchronous timer',
      () => events().process({ name: 'p', onEvent, onTimer: async () => {} }),
      'SETTING_INVALID',
    ],
    [
      'an initial state that is no JSON',
      () => events().process({ name: 'p', onEvent, initial: new Date(0) }),
      'SETTING_INVALID',
    ],
    [
      'a side output without a name',
      () => events().process({ name: 'p', onEvent, tags: [''] as never }),
      'NAME_INVALID',
    ],
    [
      'a side output that is not named',
      () =>
        events()
          .process({ name: 'p', onEvent })
          .sideOutput('x' as never),
      'NAME_INVALID',
    ],
    [
      'no place for late events',
      () => events().process({ name: 'p', onEvent, sideOutput: table('late') as never }),
      'SINK_INVALID',
    ],
  ])('%s', (_, build, code) => {
    expect(build).toThrow(expect.objectContaining({ code }));
  });

  test('results that are told anew are not events of a process', () => {
    const windows = events()
      .window(TumblingWindow.of(1, MINUTES))
      .allowedLateness(1 * HOURS);
    const results = windows.count().keyBy(({ key }) => key);
    expect(() => results.process({ name: 'p', onEvent })).toThrow(
      expect.objectContaining({ code: 'STAGE_INVALID' }),
    );
  });
});
