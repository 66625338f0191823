import { describe, expect, test } from 'vitest';
import {
  type AnyAggregate,
  approximateDistinct,
  distinct,
  type PlanError,
  type Scalar,
  topK,
} from '../../src/index.ts';
import { hash64 } from '../../src/operators/hash64.ts';
import { addHash } from '../../src/operators/hyper-log-log.ts';
import { hyperLogLogCodec } from '../../src/operators/hyper-log-log-codec.ts';
import { ByteReader, ByteWriter } from '../../src/schema/bytes.ts';

const self = <T>(value: T): T => value;
const of = <In, Out>(aggregate: AnyAggregate<In, Out>, values: readonly In[]): Out =>
  aggregate.finish(values.reduce((held, value) => aggregate.add(held, value), aggregate.create()));

describe.each([
  ['distinct', distinct(self<Scalar>)],
  ['approximateDistinct', approximateDistinct(self<Scalar>)],
])('%s', (_name, aggregate) => {
  test.each`
    values                    | count
    ${['a']}                  | ${1}
    ${['a', 'b', 'a', '']}    | ${3}
    ${[1, '1', true, 'true']} | ${4}
    ${[0, -0, false]}         | ${2}
    ${[0.1 + 0.2, 0.3]}       | ${2}
    ${['é', 'e\u0301', '🙂']} | ${3}
  `('of $values is $count', ({ values, count }) => {
    expect(of<Scalar, number>(aggregate, values)).toBe(count);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, '\ud83d', null, undefined, {}, 1n])(
    '%s is refused, and nothing changes',
    (bad) => {
      const held = aggregate.add(aggregate.create() as never, 'a') as never;
      expect(() => aggregate.add(held, bad as never)).toThrow(
        expect.objectContaining({ name: 'BadRecordError' }),
      );
      expect(aggregate.finish(held)).toBe(1);
    },
  );
});

test('more distinct values than allowed are an error when the window closes, not before', () => {
  const aggregate = distinct(self<number>, { max: 2 });
  const held = [1, 2, 3].reduce((into, value) => aggregate.add(into, value), aggregate.create());
  expect(() => aggregate.finish(held)).toThrow(
    expect.objectContaining({
      name: 'LimitError',
      code: 'LIMIT_EXCEEDED',
      retryable: false,
      message: 'a window has 3 distinct values, 2 are allowed',
    }),
  );
  const raised = distinct(self<number>, { max: 3 });
  expect(raised.name).toBe(aggregate.name);
  expect(raised.finish(held)).toBe(3);
});

describe('approximate counts', () => {
  test('the hash is MurmurHash3_x86_128, as its reference implementation computes it', () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    expect(hash64(bytes(''), 0)).toEqual({ high: 0, low: 0 });
    expect(hash64(bytes(''), 1)).toEqual({ high: 2294590956, low: 1423049145 });
    expect(hash64(bytes('hello'), 7)).toEqual({ high: 1859760251, low: 2209094078 });
    expect(hash64(bytes('0123456789abcdef'), 0)).toEqual({ high: 4219290633, low: 917426954 });
    expect(hash64(bytes('hello, world hello'), 123)).toEqual({ high: 832120640, low: 3939647673 });
    expect(hash64(bytes('żółć 🙂'), 5)).toEqual({ high: 3583650583, low: 4210200808 });
  });

  test.each([
    [4, 200, [8, 300]],
    [8, 100, [128, 768, 3_000]],
    [12, 30, [2_048, 12_288]],
    [16, 3, [100_000]],
  ])(
    'precision %i: over %i seeds the error is what the theory says',
    (precision, seeds, counts) => {
      const aggregate = approximateDistinct(self<string>, { precision });
      const standard = 1.04 / Math.sqrt(2 ** precision);
      for (const count of counts) {
        const errors = Array.from({ length: seeds }, (_, seed) => {
          const values = Array.from({ length: count }, (__, i) => `${seed}-${i}`);
          return of(aggregate, values) / count - 1;
        });
        const mean = errors.reduce((sum, error) => sum + error, 0) / seeds;
        const spread = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / seeds);
        // Four standard errors of a mean, and of a spread, of so many; few registers are biased by a third.
        const bias = precision === 4 ? standard / 3 : 0;
        expect(Math.abs(mean)).toBeLessThan(bias + (4 * standard) / Math.sqrt(seeds));
        expect(spread).toBeLessThan(bias + standard * (1 + 4 / Math.sqrt(2 * seeds)));
      }
    },
  );

  test('few values are counted exactly', () => {
    const values = Array.from({ length: 512 }, (_, i) => i);
    expect(of(approximateDistinct(self<number>), values)).toBe(512);
  });

  test.each([
    [4, 20, 20],
    [12, 512, 2_600],
    [12, 100_000, 2_100],
    [16, 400_000, 33_000],
  ])('a sketch of precision %i with %i values takes at most %i bytes', (precision, count, most) => {
    const aggregate = approximateDistinct(self<number>, { precision });
    let held = aggregate.create();
    for (let i = 0; i < count; i++) held = aggregate.add(held, i);
    const writer = new ByteWriter();
    aggregate.codec.write(held, writer, 0);
    expect(writer.length).toBeLessThanOrEqual(most);
    const back = aggregate.codec.read(new ByteReader(writer.bytes()), 0);
    expect(back).toEqual(held);
  });

  test('a hash with nothing after its register goes on in its lower half', () => {
    const registers = new Uint8Array(2 ** 12);
    addHash({ sparse: new Map(), registers }, { high: 0x0010_0000, low: 0x4000_0000 }, 12);
    expect([...registers.entries()].filter(([, rank]) => rank > 0)).toEqual([[1, 22]]);
  });

  test('registers far above the least one survive storage', () => {
    const registers = new Uint8Array(16).fill(3);
    registers.set([18, 17, 61, 19], 5);
    const writer = new ByteWriter();
    const codec = hyperLogLogCodec(4);
    codec.write({ sparse: new Map(), registers }, writer, 0);
    expect(codec.read(new ByteReader(writer.bytes()), 0).registers).toEqual(registers);
  });

  test('bytes that are no sketch are told', () => {
    expect(() => hyperLogLogCodec(4).read(new ByteReader(Uint8Array.of(7)), 0)).toThrow(
      /a sketch of kind 7/,
    );
  });
});

describe('topK', () => {
  test.each`
    k    | values                       | ranked
    ${1} | ${['a']}                     | ${'a:1'}
    ${2} | ${['b', 'a', 'b', 'c', 'c']} | ${'b:2 c:2'}
    ${2} | ${['c', 'b', 'a']}           | ${'a:1 b:1'}
    ${5} | ${['a', 'b', 'a']}           | ${'a:2 b:1'}
    ${9} | ${['x', 10, 9, true, false]} | ${'false:1 true:1 9:1 10:1 x:1'}
    ${3} | ${[0, -0, '0']}              | ${'0:2 0:1'}
  `('$k of $values are $ranked', ({ k, values, ranked }) => {
    const result = of<Scalar, readonly { value: Scalar; total: number }[]>(topK(k, self), values);
    expect(result.map(({ value, total }) => `${value}:${total}`).join(' ')).toBe(ranked);
  });

  test('weights are summed exactly, negative ones too', () => {
    type Sale = readonly [product: string, amount: number];
    const aggregate = topK(2, ([product]: Sale) => product, {
      weight: ([, amount]: Sale) => amount,
    });
    const sales: Sale[] = [
      ['pen', 0.1],
      ['pen', 0.2],
      ['cup', 1e16],
      ['cup', 1],
      ['cup', -1e16],
      ['hat', -3],
    ];
    expect(of(aggregate, sales)).toEqual([
      { value: 'cup', total: 1 },
      { value: 'pen', total: 0.30000000000000004 },
    ]);
  });

  test('a weight that is no number is refused, and nothing changes', () => {
    const aggregate = topK(2, self<string>, { weight: (text: string) => Number(text) });
    const held = aggregate.add(aggregate.create(), '4');
    expect(() => aggregate.add(held, 'four')).toThrow(/finite number/);
    expect(aggregate.finish(held)).toEqual([{ value: '4', total: 4 }]);
  });

  test('more values than allowed are an error when the window closes', () => {
    expect(() => of(topK(1, self<number>, { max: 2 }), [1, 2, 3])).toThrow(
      /3 values to rank, 2 are allowed/,
    );
  });
});

test.each<[string, () => unknown]>([
  ['a top 0', () => topK(0, self<string>)],
  ['a top 3 of at most 2', () => topK(3, self<string>, { max: 2 })],
  ['a weight that is no function', () => topK(3, self<string>, { weight: 2 as never })],
  ['a precision of 3', () => approximateDistinct(self<string>, { precision: 3 })],
  ['a precision of 17', () => approximateDistinct(self<string>, { precision: 17 })],
  ['room for nothing', () => distinct(self<string>, { max: 0 })],
])('%s is refused while building', (_what, build) => {
  expect(build).toThrow(
    expect.objectContaining({
      name: 'PlanError',
      code: 'SETTING_INVALID',
      hint: expect.stringMatching(/^Give .*\.$/),
    } satisfies Partial<PlanError>),
  );
});
