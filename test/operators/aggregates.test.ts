import { expect, test } from 'vitest';
import type { Aggregate } from '../../src/operators/aggregate.ts';
import { average, count, max, min, sum } from '../../src/operators/aggregates.ts';
import { ByteReader, ByteWriter } from '../../src/schema/bytes.ts';
import fc from '../support/fast-check.ts';

type Any = Aggregate<number, unknown, number>;
const self = (value: number): number => value;
const all = {
  count: count(),
  sum: sum(self),
  min: min(self),
  max: max(self),
  average: average(self),
};
const names = Object.keys(all) as (keyof typeof all)[];
const aggregate = (name: keyof typeof all): Any => all[name] as unknown as Any;

const values = fc.array(
  fc.oneof(fc.double({ noNaN: true, min: -1e290, max: 1e290 }), fc.integer()),
  {
    minLength: 1,
    maxLength: 30,
  },
);

const folded = (of: Any, list: readonly number[]): unknown =>
  list.reduce((acc, v) => of.add(acc, v), of.create());

const stored = (of: Any, accumulator: unknown): unknown => {
  const writer = new ByteWriter(1);
  of.codec.write(accumulator, writer, 0);
  const reader = new ByteReader(writer.bytes().slice());
  const back = of.codec.read(reader, 0);
  expect(reader.done).toBe(true);
  return back;
};

test.each(names)('%s: no cut, no order and no storage changes the result', (name) => {
  const of = aggregate(name);
  fc.assert(
    fc.property(values, fc.nat(), fc.infiniteStream(fc.nat()), (list, cut, order) => {
      const whole = of.finish(folded(of, list));
      const shuffled = list
        .map((value) => ({ value, at: order.next().value as number }))
        .sort((a, b) => a.at - b.at)
        .map(({ value }) => value);
      const at = cut % (list.length + 1);
      const left = stored(of, folded(of, shuffled.slice(0, at)));
      const right = stored(of, folded(of, shuffled.slice(at)));
      expect(of.finish(of.merge(right, left))).toBe(whole);
    }),
  );
});

test('the empty accumulator changes nothing', () => {
  for (const name of names) {
    const of = aggregate(name);
    expect(of.finish(of.merge(of.create(), folded(of, [3, 5])))).toBe(
      of.finish(folded(of, [3, 5])),
    );
  }
});

test.each`
  name         | list                                                  | result
  ${'count'}   | ${[7, 7, 7]}                                          | ${3}
  ${'sum'}     | ${[0.1, 0.2, 0.3]}                                    | ${0.6}
  ${'sum'}     | ${[1e16, 1, -1e16]}                                   | ${1}
  ${'sum'}     | ${[1, 2 ** -53, 2 ** -53]}                            | ${1 + 2 ** -52}
  ${'sum'}     | ${[0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]} | ${1}
  ${'min'}     | ${[3, -1, 2]}                                         | ${-1}
  ${'max'}     | ${[3, -1, 2]}                                         | ${3}
  ${'average'} | ${[1, 2, 4, 5]}                                       | ${3}
`('$name of $list is $result', ({ name, list, result }) => {
  const of = aggregate(name);
  expect(of.finish(folded(of, list))).toBe(result);
});

test('an exact sum is what whole-number arithmetic says, to the last bit', () => {
  const scaled = fc.array(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(scaled, (list) => {
      const exact = list.reduce((total, value) => total + BigInt(value), 0n);
      const summed = aggregate('sum').finish(
        folded(
          aggregate('sum'),
          list.map((v) => v * 2 ** -30),
        ),
      );
      expect(summed).toBe(Number(exact) * 2 ** -30);
    }),
  );
});

test.each(['sum', 'min', 'max', 'average'] as const)(
  '%s refuses what is no number, and stays as it was',
  (name) => {
    const of = aggregate(name);
    const before = folded(of, [1, 2]);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, '7' as never, undefined as never]) {
      expect(() => of.add(before, bad)).toThrow(/finite number/);
    }
    expect(of.finish(before)).toBe(of.finish(folded(of, [1, 2])));
  },
);
