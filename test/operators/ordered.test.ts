import { describe, expect, test } from 'vitest';
import {
  type AnyAggregate,
  type At,
  aggregate,
  type Codec,
  type CustomAggregate,
  collect,
  count,
  first,
  HoppingWindow,
  jsonCodec,
  last,
  maxBy,
  minBy,
  NotStorableError,
  type PlanError,
  reduce,
  SessionWindow,
  sum,
} from '../../src/index.ts';
import { accumulatorCodec } from '../../src/operators/accumulator-codec.ts';
import { alignedWindows } from '../../src/operators/aligned-windows.ts';
import { entriesCodec } from '../../src/operators/entries.ts';
import { sessions } from '../../src/operators/sessions.ts';
import { ByteReader, ByteWriter } from '../../src/schema/bytes.ts';
import fc from '../support/fast-check.ts';

const place = (eventTime: number, lane = 'a', position = '10', index = 0): At => ({
  eventTime,
  lane,
  position,
  index,
});

const of = <In, Out>(
  aggregated: AnyAggregate<In, Out>,
  events: readonly (readonly [In, At])[],
): Out =>
  aggregated.finish(
    events.reduce((held, [value, at]) => aggregated.add(held, value, at), aggregated.create()),
  );

describe('in event-time order', () => {
  const events: [string, At][] = [
    ['f', place(2, 'b', '9', 0)],
    ['e', place(2, 'a', '100', 0)],
    ['d', place(2, 'a', '99', 1)],
    ['z', place(2, 'a', '99', 0)],
    ['b', place(1, 'z', '7', 0)],
    ['a', place(-5, 'z', '8', 0)],
  ];
  const joined = (a: string, b: string): string => a + b;

  test('collect: time, then lane, then position as a number, then index', () => {
    expect(of(collect<string>(), events)).toEqual(['a', 'b', 'z', 'd', 'e', 'f']);
  });
  test('reduce', () => expect(of(reduce(joined), events)).toBe('abzdef'));
  test('first and last', () => {
    expect(of(first<string>(), events)).toBe('a');
    expect(of(last<string>(), events)).toBe('f');
    expect(
      of(
        last((text: string) => ({ text })),
        events,
      ),
    ).toEqual({ text: 'f' });
  });
  test('minBy and maxBy take the earliest of equal ones', () => {
    const rank = (text: string): number => 'bzd'.indexOf(text) % 2;
    expect(of(minBy(rank), events)).toBe('a');
    expect(of(maxBy(rank), events)).toBe('z');
  });
  test('what stood in the same place is in the order of its text', () => {
    const twice: [string, At][] = [
      ['y', place(1)],
      ['x', place(1)],
    ];
    expect(of(collect<string>(), twice)).toEqual(['x', 'y']);
  });
  test('a value is what it was when the event came', () => {
    const list = collect<{ n: number }>();
    const event = { n: 1 };
    const held = list.add(list.create(), event, place(1));
    event.n = 2;
    expect(list.finish(held)).toEqual([{ n: 1 }]);
  });
});

describe('windows tell aggregates where events stood', () => {
  const events: [string, At][] = [
    ['c', place(7, 'a', '3')],
    ['a', place(5, 'a', '2')],
    ['b', place(5, 'b', '1')],
  ];

  test('hopping ones, slice by slice', () => {
    const window = HoppingWindow.of(10).every(5);
    if (window.kind !== 'aligned') throw new Error('not aligned');
    const operator = alignedWindows(window, collect<string>());
    let slices = operator.create();
    for (const [text, at] of events) slices = operator.add(slices, text, at.eventTime, at, 0);
    if (operator.firing.kind !== 'slot') throw new Error('not by slot');
    const [result] = operator.firing.results([slices], 10, 5);
    expect(result).toMatchObject({ windowStart: 0, value: ['a', 'b', 'c'] });
  });

  test('sessions', () => {
    const window = SessionWindow.withGap(5);
    if (window.kind !== 'session') throw new Error('no session');
    const operator = sessions(window, collect<string>());
    let list = operator.create();
    for (const [text, at] of events) list = operator.add(list, text, at.eventTime, at, 0);
    if (operator.firing.kind !== 'keyed') throw new Error('not keyed');
    const { results } = operator.firing.fire(undefined, list, 1_000, 1_000, {
      key: 'a',
      inputEnded: false,
    });
    expect(results).toMatchObject([{ windowStart: 5, value: ['a', 'b', 'c'] }]);
  });

  test('nobody can add without a place where order matters', () => {
    expect(() => collect<string>().add([], 'a')).toThrow(/its place in the log/);
  });
});

describe('what is kept', () => {
  test.each([
    ['NaN', { price: Number.NaN }, /NaN at price is no JSON/],
    ['a Date', { when: [new Date(0)] }, /a Date at when.0 is no JSON/],
    ['a Map', new Map(), /a Map is no JSON/],
    ['a bigint', 1n, /bigint is no JSON/],
    ['nothing', undefined, /undefined is no JSON/],
    ['a list with a hole', new Array(2), /undefined at 0 is no JSON/],
    ['a function', () => 1, /function is no JSON/],
  ])('%s is refused', (_what, value, reason) => {
    expect(() => of(collect<unknown>(), [[value, place(1)]])).toThrow(
      expect.objectContaining({
        name: 'BadRecordError',
        message: expect.stringMatching(reason),
      }),
    );
  });

  test('what contains itself is refused', () => {
    const event: Record<string, unknown> = {};
    event.self = event;
    expect(() => of(collect<unknown>(), [[event, place(1)]])).toThrow(/more than 100 deep/);
  });

  test('a property that is undefined is left out; -0 stays -0', () => {
    const value = { a: undefined, b: -0, c: null, d: '\ud83d' };
    expect(of(collect<unknown>(), [[value, place(1)]])).toStrictEqual([
      { b: -0, c: null, d: '\ud83d' },
    ]);
  });

  test('more than allowed is an error when the window closes', () => {
    const events = [1, 2, 3].map((n): [number, At] => [n, place(n)]);
    expect(() => of(collect<number>(undefined, { max: 2 }), events)).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
    expect(
      of(
        reduce((a: number, b: number) => a + b, { max: 3 }),
        events,
      ),
    ).toBe(6);
  });

  test('a value of a Kinesis shard costs little more than its own text', () => {
    const shard = (n: number): At =>
      place(
        1_000_000 + n * 7,
        'shardId-000000000003@1700000000000',
        `${'4957'.repeat(13)}${1000 + n}`,
      );
    const list = collect<number>();
    const held = Array.from({ length: 100 }, (_, n) => n).reduce(
      (into, n) => list.add(into, n, shard(n)),
      list.create(),
    );
    const writer = new ByteWriter();
    entriesCodec.write(held, writer, 1_000_000);
    expect(writer.length).toBeLessThan(100 * 10 + 120);
    expect(entriesCodec.read(new ByteReader(writer.bytes()), 1_000_000)).toEqual(held);
  });

  test('positions that part in the middle of a character survive storage', () => {
    const list = [place(1, 'ł', '🙂'), place(1, 'ł', '🙃'), place(2, '', '')].map((at, i) => ({
      ...at,
      text: `"${i}"`,
    }));
    const writer = new ByteWriter();
    entriesCodec.write(list, writer, 0);
    expect(entriesCodec.read(new ByteReader(writer.bytes()), 0)).toEqual(list);
  });
});

describe('a commutative reduce', () => {
  test('keeps one value', () => {
    const total = reduce((a: number, b: number) => a + b, { commutative: true });
    const held = [1, 2, 3].reduce((into, n) => total.add(into, n), total.create());
    expect(total.finish(held)).toBe(6);
    const writer = new ByteWriter();
    total.codec.write(held, writer, 0);
    expect(writer.length).toBe(2);
  });

  test('sets aside the event that cannot be stored, and only that', () => {
    const total = reduce((a: number, b: number) => a * b, { commutative: true });
    const held = total.add(total.create(), 3);
    expect(() => total.add(held, Number.NaN)).toThrow(/NaN is no JSON/);
    expect(total.finish(total.add(held, 5))).toBe(15);
  });

  const back = <A>({ codec }: { codec: Codec<A> }, held: A): A => {
    const writer = new ByteWriter();
    codec.write(held, writer, 0);
    return codec.read(new ByteReader(writer.bytes()), 0);
  };

  test('keeps apart what it can make nothing of that JSON holds, however it is cut', () => {
    const total = reduce((a: number, b: number) => a * b, { commutative: true });
    const of = (...values: number[]) =>
      back(
        total,
        values.reduce((held, one) => total.add(held, one), total.create()),
      );
    for (const held of [
      of(1e300, 1e300, 2),
      total.merge(of(1e300), of(1e300, 2)),
      total.merge(total.merge(of(2), of(1e300)), of(1e300)),
      total.merge(of(1e300, 1e300), of(2)),
    ]) {
      expect(total.finish(held)).toBe(Number.POSITIVE_INFINITY);
    }
  });

  test('loses nothing to a function that fails: a corrected one goes on with what was stored', () => {
    const wrong = reduce(
      (a: number, b: number) => {
        if (a === 2 || b === 2) throw new Error('not a two');
        return a + b;
      },
      { commutative: true },
    );
    const held = [1, 2, 3, 4].reduce((into, n) => wrong.add(into, n), wrong.create());
    expect(() => wrong.finish(held)).toThrow(
      expect.objectContaining({
        code: 'USER_FUNCTION',
        message: 'the function of reduce() threw Error',
        cause: expect.objectContaining({ message: 'not a two' }),
      }),
    );
    const right = reduce((a: number, b: number) => a + b, { commutative: true });
    expect(right.finish(back(right, back(wrong, held)))).toBe(10);
  });
});

describe('several at once', () => {
  const both = aggregate({ n: count(), revenue: sum((sale: { amount: number }) => sale.amount) });

  test('have a value each, under their names', () => {
    expect(of(both, [[{ amount: 2 }, place(1)]])).toEqual({ n: 1, revenue: 2 });
    expect(both.name).toBe('{n=count,revenue=sum}');
  });

  test('count an event in all of them or in none', () => {
    const held = both.add(both.create(), { amount: 2 });
    expect(() => both.add(held, { amount: Number.NaN })).toThrow(/finite number/);
    expect(both.finish(held)).toEqual({ n: 1, revenue: 2 });
  });

  test('are stored in the order of their names, however they are written', () => {
    const other = aggregate({
      revenue: sum((sale: { amount: number }) => sale.amount),
      n: count(),
    });
    expect(other.name).toBe(both.name);
    const writer = new ByteWriter();
    both.codec.write(both.add(both.create(), { amount: 2.5 }), writer, 0);
    const held = other.codec.read(new ByteReader(writer.bytes()), 0);
    expect(other.finish(held)).toEqual({ n: 1, revenue: 2.5 });
  });
});

describe("one's own", () => {
  interface Mean {
    n: number;
    total: number;
  }
  const mean: CustomAggregate<number, Mean, number> = {
    name: 'mean',
    create: () => ({ n: 0, total: 0 }),
    add(held, value) {
      held.n += 1;
      held.total += value;
      return held;
    },
    merge: (held, other) => ({ n: held.n + other.n, total: held.total + other.total }),
    finish: ({ n, total }) => total / n,
  };

  test('is told where events stood', () => {
    const lanes = aggregate({
      create: () => '',
      add: (held, _value: number, { lane }) => held + lane,
      merge: (held, other) => held + other,
      finish: (held) => held,
    });
    expect(of(lanes, [[1, place(1, 'x')]])).toBe('x');
  });

  test('without a codec, an event that makes NaN of it is set aside alone', () => {
    const made = aggregate(mean);
    const held = made.add(made.create(), 4, place(1));
    expect(() => made.add(held, undefined as never, place(2))).toThrow(
      expect.objectContaining({
        name: 'BadRecordError',
        message: expect.stringContaining('NaN at total'),
      }),
    );
    expect(made.finish(held)).toBe(4);
  });

  test('what overflows is stored as what it is', () => {
    const product = aggregate({
      create: () => ({ '!': [1, 1] }),
      add: (_held, value: number) => ({ '!': [value, 1 / value] }),
      merge: (a, b) => ({ '!': a['!'].map((one, i) => one * (b['!'][i] as number)) }),
      finish: (held) => held['!'],
    });
    const of = (...values: number[]) =>
      values.reduce((held, n, i) => product.add(held, n, place(i)), product.create());
    const stored = (held: { '!': number[] }) => {
      const writer = new ByteWriter();
      product.codec.write(held, writer, 0);
      return product.codec.read(new ByteReader(writer.bytes()), 0);
    };
    const cut = product.merge(stored(of(-1e200, 1e200)), stored(of(1e-200)));
    expect(product.finish(cut)).toEqual(product.finish(of(-1e200, 1e200, 1e-200)));
    expect(product.finish(cut)[0]).toBe(Number.NEGATIVE_INFINITY);
  });

  const odd = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.double(),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, null),
      fc.string(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', '!')), tie('value'), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
    ),
  })).value;

  test('accumulators with any numbers are read back the same', () => {
    const codec = accumulatorCodec<unknown>();
    fc.assert(
      fc.property(odd, (value) => {
        const writer = new ByteWriter();
        codec.write(value, writer, 0);
        expect(codec.read(new ByteReader(writer.bytes()), 0)).toStrictEqual(value);
      }),
    );
    const circle: unknown[] = [Number.NaN];
    circle.push(circle);
    for (const other of [circle, new Map(), [Number.NaN, undefined]]) {
      expect(() => codec.write(other, new ByteWriter(), 0)).toThrow(NotStorableError);
    }
  });

  test('with a codec, events are added in place', () => {
    let merges = 0;
    const merge = (a: Mean, b: Mean): Mean => {
      merges++;
      return mean.merge(a, b);
    };
    const made = aggregate({ ...mean, merge, codec: jsonCodec<Mean>() });
    made.add(made.create(), 4, place(1));
    expect(merges).toBe(0);
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      'a Map without a codec',
      () => aggregate({ ...mean, create: () => new Map() } as never),
      /codec/,
    ],
    ['undefined', () => aggregate({ ...mean, create: () => ({ n: undefined }) } as never), /null/],
    [
      'no merge',
      () => aggregate({ ...mean, merge: undefined } as never),
      /create, add, merge, finish/,
    ],
    ['nothing at all', () => aggregate(undefined as never), /create, add, merge, finish/],
    ['no parts', () => aggregate({}), /create, add, merge, finish/],
    ['a part that is none', () => aggregate({ n: 'count' as never }), /count\(\)/],
    [
      'an asynchronous finish',
      () => aggregate({ ...mean, finish: async () => 1 }),
      /plain function/,
    ],
    [
      'a merge that is a generator',
      () => aggregate({ ...mean, merge: function* () {} } as never),
      /plain function/,
    ],
    ['the greatest by nothing', () => maxBy(undefined as never), /a function of the event/],
    ['the least by a name', () => minBy('rank' as never), /a function of the event/],
    ['an asynchronous reduce', () => reduce(async (a: unknown) => a), /plain function/],
  ])('%s is refused while building', (_what, build, hint) => {
    expect(build).toThrow(
      expect.objectContaining({
        name: 'PlanError',
        code: 'SETTING_INVALID',
        hint: expect.stringMatching(hint),
      } satisfies Partial<PlanError>),
    );
  });
});
