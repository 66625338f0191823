import { describe, expect, test } from 'vitest';
import {
  type AnyAggregate,
  type PlanError,
  quantiles,
  standardDeviation,
  sumDecimal,
  variance,
} from '../../src/index.ts';
import { nearest } from '../../src/operators/exact-ratio.ts';
import fc from '../support/fast-check.ts';

const self = <T>(value: T): T => value;
const of = <In, Out>(aggregate: AnyAggregate<In, Out>, values: readonly In[]): Out =>
  aggregate.finish(values.reduce((held, value) => aggregate.add(held, value), aggregate.create()));

describe('sums of decimals', () => {
  test.each`
    values                                           | sum
    ${['0.10', '0.2']}                               | ${'0.30'}
    ${['1', '2']}                                    | ${'3'}
    ${['-0.05', '0.03']}                             | ${'-0.02'}
    ${['1.50', '-1.5']}                              | ${'0.00'}
    ${['-0']}                                        | ${'0'}
    ${['.5', '5.', '+1']}                            | ${'6.5'}
    ${['1e3', '12E-2']}                              | ${'1000.12'}
    ${['99999999999999999999', '0.000000000000001']} | ${'99999999999999999999.000000000000001'}
    ${[9007199254740993n, '0.5']}                    | ${'9007199254740993.5'}
  `('$values are $sum', ({ values, sum }) => {
    expect(of(sumDecimal(self<string>), values)).toBe(sum);
  });

  test.each([
    '',
    '.',
    '-',
    'e5',
    '1,5',
    '1.2.3',
    ' 1',
    '0x10',
    'NaN',
    'Infinity',
    '1e131',
    '1e-131',
    '1e99999',
    '9'.repeat(131),
    7 as never,
    undefined as never,
    null as never,
  ])('%j is refused, and the sum stays as it was', (bad) => {
    const aggregate = sumDecimal((text: string) => text);
    const held = aggregate.add(aggregate.create(), '1.5');
    expect(() => aggregate.add(held, bad)).toThrow(
      expect.objectContaining({ name: 'BadRecordError' }),
    );
    expect(aggregate.finish(held)).toBe('1.5');
  });
});

describe('variance', () => {
  test.each`
    values                       | population   | sample
    ${[7]}                       | ${0}         | ${Number.NaN}
    ${[1, 2, 3, 4]}              | ${1.25}      | ${5 / 3}
    ${[2, 4, 4, 4, 5, 5, 7, 9]}  | ${4}         | ${32 / 7}
    ${[1e15 + 1, 1e15 + 3]}      | ${1}         | ${2}
    ${[2 ** 485, -(2 ** 485)]}   | ${2 ** 970}  | ${2 ** 971}
    ${[0.1, 0.1, 0.1]}           | ${0}         | ${0}
    ${[1e-200, -1e-200]}         | ${0}         | ${0}
    ${[2 ** -480, -(2 ** -480)]} | ${2 ** -960} | ${2 ** -959}
  `('of $values is $population, as a sample $sample', ({ values, population, sample }) => {
    expect(of(variance(self<number>), values)).toBe(population);
    expect(of(variance(self<number>, { kind: 'sample' }), values)).toBe(sample);
    expect(of(standardDeviation(self<number>), values)).toBe(Math.sqrt(population));
  });

  test.each([
    ['a tie goes to the even one', 0n, 2 ** 53],
    ['what lies beyond a tie by the least bit does not', 1n, 2 ** 53 + 2],
  ])('rounding: %s', (_what, bit, rounded) => {
    expect(nearest(((2n ** 53n + 1n) << 100n) + bit, 1n, 100n)).toBe(rounded);
    expect(nearest(-(((2n ** 53n + 1n) << 100n) + bit) * 7n, 7n, 100n)).toBe(-rounded);
  });

  test('of whole numbers is the fraction that whole-number arithmetic gives, rounded once', () => {
    const whole = fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(whole, fc.integer({ min: -40, max: 40 }), (values, exponent) => {
        const [n, sum, squares] = values.reduce(
          ([count, s, q], v) => [count + 1, s + v, q + v * v],
          [0, 0, 0],
        );
        const scaled = values.map((value) => value * 2 ** exponent);
        // Below 2^53 all of it is exact, but for the one division.
        const expected = ((n * squares - sum * sum) / (n * n)) * 4 ** exponent;
        if (n * squares < 2 ** 53) expect(of(variance(self<number>), scaled)).toBe(expected);
      }),
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 486, '7' as never, undefined as never])(
    '%j is refused',
    (bad) => {
      expect(() => of(variance(self<number>), [1, bad])).toThrow(/finite number up to 2\^485/);
    },
  );
});

describe('quantiles', () => {
  test.each`
    values                                  | wanted         | result
    ${[5]}                                  | ${[0, 0.5, 1]} | ${{ 0: 5, 0.5: 5, 1: 5 }}
    ${[0, 0, 0]}                            | ${[0.5]}       | ${{ 0.5: 0 }}
    ${[-1, 0, 1]}                           | ${[0, 0.5, 1]} | ${{ 0: -1, 0.5: 0, 1: 1 }}
    ${[5e-324, -5e-324]}                    | ${[0.5]}       | ${{ 0.5: 0 }}
    ${[Number.MAX_VALUE, Number.MAX_VALUE]} | ${[0.5]}       | ${{ 0.5: Number.MAX_VALUE }}
  `('$wanted of $values', ({ values, wanted, result }) => {
    expect(of(quantiles(wanted as number[], self<number>), values)).toEqual(result);
  });

  test('are off by the accuracy at most, whatever the values', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ noNaN: true, min: -100, max: 100 }),
      fc.integer({ min: -5, max: 5 }),
    );
    const values = fc.array(number, { minLength: 1, maxLength: 60 });
    const accuracy = fc.constantFrom(0.5, 0.1, 0.01, 0.0001);
    fc.assert(
      fc.property(values, accuracy, fc.double({ min: 0, max: 1, noNaN: true }), (list, a, q) => {
        const sorted = [...list].sort((x, y) => x - y);
        const exact = sorted[Math.floor(q * (list.length - 1))] ?? Number.NaN;
        const found = of(quantiles([q], self<number>, { accuracy: a }), list)[`${q}`] as number;
        // Below the least normal double all is zero; the last bits are those of the division.
        const room = a * Math.abs(exact) * (1 + 1e-9) + 2 ** -1022;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(room);
      }),
      { numRuns: 500 },
    );
  });

  test('a NaN is refused', () => {
    expect(() => of(quantiles([0.5], self<number>), [Number.NaN])).toThrow(/finite number/);
  });
});

test.each<[string, () => unknown]>([
  ['no quantiles', () => quantiles([], self<number>)],
  ['a quantile above 1', () => quantiles([99], self<number>)],
  ['an accuracy of nothing', () => quantiles([0.5], self<number>, { accuracy: 0 })],
  ['an accuracy of everything', () => quantiles([0.5], self<number>, { accuracy: 1 })],
  ['an unknown variance', () => variance(self<number>, { kind: 'both' as never })],
  ['a sum of no function', () => sumDecimal('amount' as never)],
])('%s is refused while building', (_what, build) => {
  expect(build).toThrow(
    expect.objectContaining({
      name: 'PlanError',
      code: 'SETTING_INVALID',
      hint: expect.stringMatching(/^Give .*\.$/),
    } satisfies Partial<PlanError>),
  );
});
