import { expect, expectTypeOf, describe as suite, test } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import {
  describe,
  type JoinInterval,
  type JoinOptions,
  type KeyedStream,
  lateEvents,
  MINUTES,
  type PlanError,
  pipeline,
  SECONDS,
  type Stream,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import type { JoinState } from '../../src/operators/interval-join.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { testDriver } from '../../src/testing/index.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';

const schema = z.object({ at: z.number(), key: z.string(), n: z.number().optional() });
type Event = z.infer<typeof schema>;
type Kind = 'join' | 'leftJoin' | 'rightJoin' | 'outerJoin';
type Sides = { left: Event | null; right: Event | null };

const beginning = pipeline('shop');

const streamOf = (name: string, outOfOrderness = 0) =>
  beginning.stream(name, { schema, timestamp: (event) => event.at, outOfOrderness });

const keyed = (name: string, outOfOrderness?: number) =>
  streamOf(name, outOfOrderness).keyBy((event) => event.key);

function joined(kind: Kind, options: JoinOptions, outOfOrderness?: number): Stream<Sides> {
  const [left, right] = [keyed('lefts', outOfOrderness), keyed('rights', outOfOrderness)];
  return left[kind](right, options) as Stream<Sides>;
}

const driverOf = (kind: Kind, options: JoinOptions, outOfOrderness?: number) =>
  testDriver<Sides>(joined(kind, options, outOfOrderness).to(table('joined')));

type Driver = ReturnType<typeof driverOf>;

/** `l@5000 r@5100`: an event of each side, in the order in which they come; `l@5000#2` is number 2. */
async function send(driver: Driver, events: string, key = 'k'): Promise<void> {
  for (const text of events.split(' ').filter(Boolean)) {
    const [, side, at, n] = /^([lr])@(-?\d+)(?:#(\d+))?$/.exec(text) ?? [];
    const event = { at: Number(at), key, ...(n === undefined ? {} : { n: Number(n) }) };
    await driver.stream(side === 'l' ? 'lefts' : 'rights').send(event);
  }
}

const shown = ({ left, right }: Sides): string => `${show(left)}+${show(right)}`;

const show = (event: Event | null): string =>
  event === null ? '' : `${event.at}${event.n === undefined ? '' : `#${event.n}`}`;

/** What was told since the last call, as `5000+5100`, in order. */
const told = (driver: Driver): string =>
  driver
    .takeOutputs()
    .map(({ value }) => shown(value))
    .join(' ');

const all = (driver: Driver): string =>
  driver
    .events()
    .map(({ value }) => shown(value))
    .join(' ');

suite('bounds are seen from the left event, and both are included', () => {
  test.each<[JoinInterval, string, string]>([
    [{ within: 1_000 }, 'r@8999 r@9000 r@10000 r@11000 r@11001', '9000 10000 11000'],
    [{ after: 1_000 }, 'r@9999 r@10000 r@11000 r@11001', '10000 11000'],
    [{ before: 1_000 }, 'r@8999 r@9000 r@10000 r@10001', '9000 10000'],
    [{ before: 500, after: 2_000 }, 'r@9499 r@9500 r@12000 r@12001', '9500 12000'],
    [{ within: 0 }, 'r@9999 r@10000 r@10001', '10000'],
    [{ before: -1, after: 1_000 }, 'r@10000 r@10001 r@11000 r@11001', '10001 11000'],
    [{ before: -300, after: 300 }, 'r@10299 r@10300 r@10301', '10300'],
    [{ before: 1_000, after: -200 }, 'r@8999 r@9000 r@9800 r@9801', '9000 9800'],
  ])('%o: of %s', async (interval, rights, partners) => {
    for (const events of [`l@10000 ${rights}`, `${rights} l@10000`]) {
      for (const resolution of [1, 700, SECONDS]) {
        const driver = driverOf('join', { ...interval, resolution }, MINUTES);
        await send(driver, events);
        await driver.end();
        const pairs = driver.events().map(({ value }) => String(value.right?.at));
        expect(pairs.join(' ')).toBe(partners);
      }
    }
  });

  test('before 1970 too', async () => {
    const driver = driverOf('outerJoin', { within: 1_000 }, MINUTES);
    await send(driver, 'l@-10000 r@-11000 r@-11001 l@500 r@-500');
    await driver.end();
    expect(all(driver)).toBe('+-11001 -10000+-11000 500+-500');
  });
});

suite('what is told', () => {
  test('are all pairs, and an event without a partner where it is asked for', async () => {
    const events = 'l@1000 r@2000 r@2500 l@10000 r@20000';
    const expected = {
      join: '1000+2000 1000+2500',
      leftJoin: '1000+2000 1000+2500 10000+',
      rightJoin: '1000+2000 1000+2500 +20000',
      outerJoin: '1000+2000 1000+2500 10000+ +20000',
    };
    for (const [kind, results] of Object.entries(expected)) {
      const driver = driverOf(kind as Kind, { within: 3 * SECONDS }, MINUTES);
      await send(driver, events);
      await driver.end();
      expect(all(driver), kind).toBe(results);
    }
  });

  test('happens when the later one of a pair does, and one alone at its own time', async () => {
    const driver = driverOf('outerJoin', { within: 1_000 }, MINUTES);
    await send(driver, 'l@1000 r@1500 r@9000 l@8400 l@20000 r@30000');
    await driver.end();
    expect(driver.events().map(({ time }) => time)).toEqual([1_500, 9_000, 20_000, 30_000]);
  });

  test('is every pair of duplicates, and every duplicate alone', async () => {
    const driver = driverOf('outerJoin', { within: 1_000 }, MINUTES);
    await send(driver, 'l@1000 l@1000 r@1000 r@1000 l@9000 l@9000');
    await driver.end();
    expect(all(driver)).toBe('1000+1000 1000+1000 1000+1000 1000+1000 9000+ 9000+');
  });

  test('is of one key', async () => {
    const driver = driverOf('outerJoin', { within: 1_000 }, MINUTES);
    await send(driver, 'l@1000', 'a');
    await send(driver, 'r@1000', 'b');
    await driver.end();
    const keys = driver.events().map(({ key, value }) => `${key} ${shown(value)}`);
    expect(keys).toEqual(['a 1000+', 'b +1000']);
  });

  test('has events of its own in each pair', async () => {
    const changing = joined('join', { within: 1_000 }, MINUTES).map(({ left, right }) =>
      Object.assign(left ?? {}, { n: right?.n ?? 0 }),
    );
    const driver = testDriver<Event>(changing.to(table('changed')));
    for (const [stream, n] of [
      ['lefts', 0],
      ['rights', 1],
      ['rights', 2],
    ] as const) {
      await driver.stream(stream).send({ at: 5_000 + n, key: 'k', n });
    }
    await driver.end();
    expect(driver.events().map(({ value }) => value.n)).toEqual([1, 2]);
  });

  test('comes in the order of its times, whatever the order of arrival', async () => {
    const results = new Set<string>();
    for (const events of ['r@1900 r@1100 l@1500 l@1400', 'l@1400 l@1500 r@1100 r@1900']) {
      const driver = driverOf('join', { within: 1_000 }, MINUTES);
      await send(driver, events);
      await driver.end();
      results.add(told(driver));
    }
    expect([...results]).toEqual(['1400+1100 1500+1100 1400+1900 1500+1900']);
  });
});

suite('when', () => {
  test('a pair is told once the slot of the later one has closed on both sides', async () => {
    const driver = driverOf('join', { within: 10 * SECONDS });
    await send(driver, 'l@1000 r@5500 r@6001 r@9000 l@5999');
    expect(told(driver)).toBe('');
    await send(driver, 'l@6000');
    expect(told(driver)).toBe('1000+5500 5999+5500');
    await send(driver, 'l@6999');
    expect(told(driver)).toBe('');
    await send(driver, 'l@7000');
    expect(told(driver)).toBe('6000+5500 1000+6001 5999+6001 6000+6001 6999+5500 6999+6001');
  });

  test.each<[JoinInterval, string, number, number]>([
    [{ before: 500, after: 2_000 }, 'l@10000', 12_499, 12_500],
    [{ before: 500, after: 2_000 }, 'r@10000', 12_499, 12_500],
    [{ before: -500, after: 2_000 }, 'l@10000', 11_999, 12_000],
    [{ before: -500, after: 2_000 }, 'r@10000', 11_499, 11_500],
    [{ before: 2_000, after: -500 }, 'l@10000', 11_499, 11_500],
    [{ before: 2_000, after: -500 }, 'r@10000', 11_999, 12_000],
    [{ within: 0 }, 'l@10000', 9_999, 10_000],
  ])(
    'with %o %s is told to be alone when no partner can be taken any more',
    async (interval, event, before, then) => {
      const driver = driverOf('outerJoin', { ...interval, resolution: 1 });
      await send(driver, event);
      await driver.advanceWatermarkTo(before);
      expect(told(driver)).toBe('');
      await driver.advanceWatermarkTo(then);
      expect(told(driver)).toBe(event === 'l@10000' ? '10000+' : '+10000');
    },
  );

  test('the grid is coarser, one alone is told at the next point of it', async () => {
    const driver = driverOf('leftJoin', { within: 1_000, resolution: 5 * SECONDS });
    await send(driver, 'l@2999 l@3000');
    await driver.advanceWatermarkTo(4_998);
    expect(told(driver)).toBe('');
    await driver.advanceWatermarkTo(4_999);
    expect(told(driver)).toBe('2999+');
    await driver.advanceWatermarkTo(9_999);
    expect(told(driver)).toBe('3000+');
  });

  test('one side is slow, it holds back the other, and nothing of it is lost', async () => {
    const driver = driverOf('leftJoin', { after: 2 * SECONDS });
    await driver.stream('rights').lane(0).pause();
    await send(driver, 'r@1000 l@1000 l@2000 l@60000');
    expect(await driver.watermark()).toBe(-Infinity);
    expect(told(driver)).toBe('');
    await send(driver, 'r@3500 r@50000');
    await driver.stream('rights').lane(0).resume();
    expect(told(driver)).toBe('1000+1000 2000+3500');
    expect(driver.late()).toEqual([]);
  });
});

suite('late is an event for which no partner on time can come any more', () => {
  test.each<[JoinInterval, string, number, number]>([
    [{ before: 500, after: 2_000 }, 'l@10000', 11_999, 12_000],
    [{ before: 500, after: 2_000 }, 'r@10000', 10_499, 10_500],
    [{ before: -500, after: 2_000 }, 'r@10000', 9_999, 10_000],
    [{ before: 2_000, after: -500 }, 'l@10000', 9_999, 10_000],
    [{ within: 0 }, 'l@10000', 9_999, 10_000],
  ])(
    'with %o, %s is taken at a watermark of %i and late at %i',
    async (interval, event, taken, late) => {
      for (const [watermark, count] of [
        [taken, 0],
        [late, 1],
      ] as const) {
        const driver = driverOf('join', { ...interval, resolution: 1 });
        await driver.advanceWatermarkTo(watermark);
        await send(driver, event);
        expect(driver.late()).toHaveLength(count);
      }
    },
  );

  test('one that is behind the watermark finds all partners that were not late', async () => {
    const driver = driverOf('outerJoin', { before: 5 * SECONDS, after: 3 * SECONDS });
    await send(driver, 'r@10000 l@10500 r@12000');
    await driver.advanceWatermarkTo(12_999);
    expect(told(driver)).toBe('10500+10000 10500+12000');
    // Late for itself, but not for what may still come.
    await send(driver, 'l@9999 l@10000 r@7999 r@8000');
    expect(driver.late().map(({ event }) => event)).toEqual([
      { at: 9_999, key: 'k' },
      { at: 7_999, key: 'k' },
    ]);
    await driver.advanceWatermarkTo(13_999);
    expect(told(driver)).toBe('10000+8000 10000+10000 10500+8000 10000+12000');
  });

  test('the side output keeps it, raw as it came', async () => {
    const log = memoryLog(() => 0);
    const logs = { lefts: log, rights: memoryLog(() => 0) };
    const late = memoryDeadLetters();
    log.open('a');
    logs.rights.open('a');
    for (const at of [1_000, 25_000, 3_000])
      log.append('a', JSON.stringify({ at, key: 'k' }), 100_000);
    const plan = joined('join', { after: SECONDS, sideOutput: lateEvents('late-lefts') });
    const running = engine(plan.to(table('joined')), {
      store: memoryStore(),
      clock: () => 100_000,
      sources: logs,
      sinks: { joined: memorySink() },
      deadLetters: memoryDeadLetters(),
      lateEvents: { 'late-lefts': late },
      observe: () => undefined,
    });
    await running.gather('lefts', 'a', log.records('a'));
    const letters = late
      .letters()
      .map(({ reason, data }) => [reason, Buffer.from(data).toString()]);
    expect(letters).toEqual([['LATE', '{"at":3000,"key":"k"}']]);
  });
});

suite('any two streams', () => {
  test('a stream joins itself', async () => {
    const events = keyed('lefts');
    const plan = events.outerJoin(events, { before: -1, after: 2 * SECONDS }).to(table('joined'));
    const driver = testDriver<Sides>(plan);
    for (const at of [1_000, 2_000, 3_001, 9_000]) await driver.send({ at, key: 'k' });
    await driver.end();
    expect(driver.events().map(({ value }) => shown(value))).toEqual([
      '+1000',
      '1000+2000',
      '2000+3001',
      '3001+',
      '+9000',
      '9000+',
    ]);
  });

  test('of different keys of the same events', async () => {
    const calls = streamOf('calls', MINUTES);
    const plan = calls
      .keyBy(({ key }) => `${key}`)
      .join(
        calls.keyBy(({ n }) => `c${n}`),
        { within: SECONDS },
      )
      .to(table('joined'));
    const driver = testDriver<Sides>(plan);
    await driver.send({ at: 1_000, key: 'c1', n: 2 }, { at: 1_500, key: 'c7', n: 1 });
    await driver.end();
    expect(driver.events().map(({ key, value }) => [key, shown(value)])).toEqual([
      ['c1', '1000#2+1500#1'],
    ]);
  });

  /** What each page has in each second, and what it has in the one before. */
  const changes = () => {
    const counts = streamOf('views', 2 * SECONDS)
      .keyBy((event) => event.key)
      .window(TumblingWindow.of(1, SECONDS))
      .count({ name: 'counts' });
    const byPage = counts.keyBy((window) => window.key);
    const both = byPage.leftJoin(byPage, { before: SECONDS, after: -SECONDS, name: 'changes' });
    return both.map(({ left, right }) => ({
      key: left.key,
      second: left.windowStart / SECONDS,
      change: left.value - (right?.value ?? 0),
    }));
  };

  test('results of a stage join results of a stage', async () => {
    const driver = testDriver<{ key: string; second: number; change: number }>(
      changes().to(table('changes')),
    );
    for (const at of [1_000, 1_500, 2_100, 2_200, 2_300, 4_000])
      await driver.send({ at, key: 'a' });
    await driver.send({ at: 2_999, key: 'b' });
    await driver.end();
    const rows = driver
      .events()
      .map(({ value }) => `${value.key} ${value.second}: ${value.change}`);
    expect(rows).toEqual(['a 1: 2', 'a 2: 1', 'b 2: 1', 'a 4: 1']);
    expect(driver.deadLetters()).toEqual([]);
  });

  test.each<[Kind, JoinInterval, before: string, watermark: number, then: string, times: number[]]>(
    [
      ['join', { before: 400, after: 1_000 }, 'r@11000', 11_999, 'l@11000', [11_000]],
      ['join', { before: 1_000, after: 400 }, 'l@11000', 11_999, 'r@11000', [11_000]],
      ['join', { before: -400, after: 1_000 }, 'r@11400', 11_999, 'l@11000', [11_400]],
      ['join', { before: 1_000, after: -400 }, 'l@11400', 11_999, 'r@11000', [11_400]],
      ['leftJoin', { before: 500, after: 2_000 }, 'l@11000', 11_000, '', [11_000]],
      ['leftJoin', { before: -500, after: 2_000 }, 'l@11000', 11_000, '', [11_000]],
      ['rightJoin', { before: 500, after: 2_000 }, 'r@11000', 11_000, '', [11_000]],
      ['outerJoin', { before: 2_000, after: -500 }, 'r@11000', 11_000, '', [11_000]],
    ],
  )(
    'no result of a %s over %o is late for the stage that counts it, though %s waits until %i',
    async (kind, interval, before, watermark, then, times) => {
      const counted = joined(kind, { ...interval, resolution: 1 }, MINUTES)
        .keyBy(() => 'all')
        .window(TumblingWindow.of(1))
        .count({ name: 'per-ms' });
      const driver = testDriver<Sides>(counted.to(table('counts')));
      await send(driver, before);
      await driver.advanceWatermarkTo(watermark);
      await send(driver, then);
      await driver.end();
      expect(driver.deadLetters()).toEqual([]);
      expect(driver.results().map(({ windowStart }) => windowStart)).toEqual(times);
    },
  );
});

test('what is remembered are events for which a partner may still come, and nothing in the end', async () => {
  const driver = driverOf('join', { before: SECONDS, after: 2 * SECONDS });
  const times = async () => {
    const state = (await driver.state('k')) as JoinState | undefined;
    return state && [state.left, state.right].map((side) => side.map(({ time }) => time));
  };
  await send(driver, 'l@1000 r@1200 l@4000 r@4000');
  expect(await times()).toEqual([[1_000], [1_200]]);
  await driver.advanceWatermarkTo(4_999);
  expect(await times()).toEqual([[4_000], [4_000]]);
  await driver.advanceWatermarkTo(7_998);
  expect(await times()).toEqual([[4_000], [4_000]]);
  await driver.advanceWatermarkTo(7_999);
  expect(await times()).toBeUndefined();
});

suite('a join', () => {
  test('prints what it is', () => {
    const plan = keyed('orders')
      .leftJoin(keyed('payments', SECONDS), {
        after: 15 * MINUTES,
        sideOutput: lateEvents('late'),
        buckets: 8,
      })
      .to(table('paid'));
    expect(describe(plan).split('\n').slice(13)).toMatchInlineSnapshot(`
      [
        "  stage orders-payments-left-join-before-0ms-after-15m",
        "    from       orders > keyBy (input 0)",
        "    from       payments > keyBy (input 1)",
        "    operator   left-join-before-0ms-after-15m",
        "    late       drop, keep in late",
        "    resolution 1s",
        "    buckets    8",
        "    chunks of  500 keys",
        "    to         table paid",
      ]
    `);
  });

  test('has the types of both sides, and null where there may be nothing', () => {
    type Order = { order: string };
    type Payment = { amount: number };
    const check = (orders: KeyedStream<Order>, payments: KeyedStream<Payment>) => {
      const options = { within: MINUTES };
      orders.join(payments, options).map(({ left, right }) => left.order + right.amount);
      orders.leftJoin(payments, options).peek(({ left, right }) => {
        expectTypeOf(left).toEqualTypeOf<Order>();
        expectTypeOf(right).toEqualTypeOf<Payment | null>();
      });
      orders.rightJoin(payments, options).peek(({ left, right }) => {
        expectTypeOf(left).toEqualTypeOf<Order | null>();
        expectTypeOf(right).toEqualTypeOf<Payment>();
      });
      orders.outerJoin(payments, options).map(({ left, right }) => {
        expectTypeOf(left).toEqualTypeOf<Order | null>();
        return left === null ? right.amount : left.order;
      });
      // @ts-expect-error a join without a bound would keep everything for ever
      orders.join(payments, {});
      // @ts-expect-error or without any options
      orders.join(payments);
      // @ts-expect-error within says both already
      orders.join(payments, { within: MINUTES, after: MINUTES });
      // @ts-expect-error the other side has a key too
      orders.join({} as Stream<Payment>, options);
      // @ts-expect-error a table has no times to join by
      orders.join(payments.toTable(), options);
    };
    expect(check).toBeTypeOf('function');
  });

  const left = keyed('lefts');
  const right = keyed('rights');
  const revised = right
    .window(TumblingWindow.of(5, MINUTES))
    .allowedLateness(MINUTES)
    .count()
    .keyBy((window) => window.key);
  test.each<[string, (options: never) => unknown, unknown, string, RegExp]>([
    ['no bound', (o) => left.join(right, o), {}, 'DURATION_INVALID', /within/],
    ['no options', (o) => left.join(right, o), undefined, 'DURATION_INVALID', /within/],
    [
      'two kinds',
      (o) => left.join(right, o),
      { within: 1, after: 1 },
      'DURATION_INVALID',
      /within/,
    ],
    [
      'a negative sum',
      (o) => left.join(right, o),
      { before: 5, after: -6 },
      'DURATION_INVALID',
      /between/,
    ],
    [
      'a negative within',
      (o) => left.join(right, o),
      { within: -1 },
      'DURATION_INVALID',
      /between/,
    ],
    ['half a ms', (o) => left.join(right, o), { within: 0.5 }, 'DURATION_INVALID', /whole/],
    ['text', (o) => left.join(right, o), { after: '5m' }, 'DURATION_INVALID', /whole/],
    ['endless', (o) => left.join(right, o), { after: Infinity }, 'DURATION_INVALID', /whole/],
    ['no stream', (o) => left.join(undefined as never, o), { within: 1 }, 'STAGE_INVALID', /keyBy/],
    [
      'no key',
      (o) => left.join(streamOf('rights') as never, o),
      { within: 1 },
      'STAGE_INVALID',
      /keyBy/,
    ],
    [
      'a table',
      (o) => left.join(right.toTable() as never, o),
      { within: 1 },
      'STAGE_INVALID',
      /keyBy/,
    ],
    [
      'another pipeline',
      (o) =>
        left.join(
          pipeline('other')
            .stream('rights', { schema, timestamp: ({ at }) => at, outOfOrderness: 0 })
            .keyBy(({ key }) => key),
          o,
        ),
      { within: 1 },
      'STAGE_INVALID',
      /same pipeline/,
    ],
    ['results told anew', (o) => left.join(revised, o), { within: 1 }, 'STAGE_INVALID', /asTable/],
    [
      'no place for late ones',
      (o) => left.join(right, o),
      { within: 1, sideOutput: 'late' },
      'SINK_INVALID',
      /lateEvents/,
    ],
    [
      'a bad name',
      (o) => left.join(right, o),
      { within: 1, name: 'a b' },
      'NAME_INVALID',
      /letters/,
    ],
  ])('with %s is refused', (_what, build, options, code, hint) => {
    expect(() => build(options as never)).toThrow(
      expect.objectContaining({
        name: 'PlanError',
        code,
        hint: expect.stringMatching(hint),
      } as Partial<PlanError>),
    );
  });
});
