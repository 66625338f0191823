import { describe, expect, test } from 'vitest';
import { aggregate, type Codec, jsonCodec, sum } from '../../src/index.ts';
import type { Aggregate, AnyAggregate } from '../../src/operators/aggregate.ts';
import { checkAggregateLaws } from '../../src/testing/index.ts';
import { EVERY, type Reading } from '../operators/every-aggregate.ts';

const READINGS: readonly Reading[] = [
  { value: 0.1, word: 'a', price: '0.10' },
  { value: 0.2, word: 'b', price: '-0.2' },
  { value: 1e16, word: 'a', price: '1e3' },
  { value: -1e16, word: '', price: '12345678901234567890.5' },
  { value: -0, word: 'ż🙂', price: '0' },
  { value: Number.NaN, word: 'refused by most', price: 'twelve' },
];

describe('every aggregate of the library keeps the laws', () => {
  test.each(EVERY.map((of) => [of.name, of] as const))('%s', (_name, of) => {
    for (const seed of [1, 2, 3]) checkAggregateLaws(of, READINGS, { seed, rounds: 100 });
  });
});

type List = Aggregate<number, number[], unknown>;

/** Right: the numbers in order. Each case breaks one thing. */
const sorted: List = {
  name: 'numbers',
  create: () => [],
  add: (list, value) => {
    list.push(value);
    return list;
  },
  merge: (list, other) => [...list, ...other],
  finish: (list) => [...list].sort((a, b) => a - b),
  codec: jsonCodec<number[]>(),
};
const shared: number[] = [];

const forgetful: Codec<number[]> = {
  write: (list, to) => to.unsigned(list.length),
  read: (from) => Array.from({ length: from.unsigned() }, () => 0),
};

describe('what breaks a law is told, with an example', () => {
  test('the aggregate that the cases are made from breaks none', () => {
    expect(() => checkAggregateLaws(sorted, [1, 2, 3])).not.toThrow();
  });

  test.each<[string, Partial<List>]>([
    ['create gives a new accumulator', { create: () => shared }],
    ['finish changes nothing', { finish: (list) => list.splice(0).sort() }],
    ['what is stored is read back the same', { codec: forgetful }],
    [
      'merging with an empty accumulator changes nothing',
      { create: () => [7], finish: (list) => list.reduce((a, b) => a + b, 0) },
    ],
    ['merge is commutative', { finish: (list) => [...list] }],
    ['merge is commutative', { merge: (list, other) => (list.length > 0 ? list : [...other]) }],
    [
      'adding is merging',
      { add: (list, value) => [...list, value].slice(-2), merge: (a, b) => [...a, ...b] },
    ],
    [
      'merge neither changes nor keeps its second argument',
      { merge: (list, other) => (list.length > 0 ? [...list, ...other] : other) },
    ],
    [
      'merge neither changes nor keeps its second argument',
      { merge: (list, other) => [...list, ...other.splice(0)] },
    ],
    [
      'an event that is refused changes nothing',
      {
        add(list, value) {
          list.push(value);
          if (value === 3) throw new Error('three');
          return list;
        },
      },
    ],
  ])('%s', (law, change) => {
    shared.length = 0;
    const of: AnyAggregate<number> = { ...sorted, ...change };
    expect(() => checkAggregateLaws(of, [1, 2, 3])).toThrow(
      expect.objectContaining({
        name: 'AggregateLawError',
        message: expect.stringContaining(`breaks the law that ${law}: `),
        hint: expect.stringMatching(/\.$/),
      }),
    );
  });

  test.each<[string, NonNullable<List['remove']>]>([
    ['takes the last one, whichever it is', (list) => list.slice(0, -1)],
    ['takes all that are equal', (list, value) => list.filter((one) => one !== value)],
    ['does nothing', (list) => list],
  ])('removing undoes adding: one that %s', (_what, remove) => {
    expect(() => checkAggregateLaws({ ...sorted, remove }, [1, 2, 3])).toThrow(
      /breaks the law that removing undoes adding: adding a and c gives .* b = \[ \d \]/,
    );
  });

  test('one equal value is removed: that is right', () => {
    const remove: List['remove'] = (list, value) => list.toSpliced(list.indexOf(value), 1);
    expect(() => checkAggregateLaws({ ...sorted, remove }, [1, 2, 3])).not.toThrow();
  });

  test('floats that are added up plainly are not associative; the example is small', () => {
    const rounded = aggregate({
      name: 'plain-sum',
      create: () => 0,
      add: (total, value: number) => total + value,
      merge: (total, other) => total + other,
      finish: (total) => total,
    });
    const values = [0.1, 0.2, 0.3, 1e16];
    expect(() => checkAggregateLaws(rounded, values)).toThrow(
      /^the aggregate "plain-sum" breaks the law that merge is associative: merge\(merge\(a, b\), c\) gives \S+, merge\(a, merge\(b, c\)\) gives \S+, where a = \[ \S+ \], b = \[ \S+ \], c = \[ \S+ \]\n.* use sum\(\), which is exact\.$/,
    );
    expect(() =>
      checkAggregateLaws(
        sum((value: number) => value),
        values,
      ),
    ).not.toThrow();
  });

  test('an accumulator that JSON cannot hold', () => {
    const latest = { ...sorted, finish: (list: number[]) => list.length };
    const undefinedIn: AnyAggregate<number> = {
      ...latest,
      merge: (list, other) => [...(list as number[]), undefined, ...(other as number[])],
    };
    expect(() => checkAggregateLaws(undefinedIn, [1])).toThrow(/law that/);
    const never = { ...latest, add: () => [Number.NaN] };
    expect(() => checkAggregateLaws(never, [1])).toThrow(/NotStorableError: NaN at 0 is no JSON/);
  });

  test('a codec that leaves bytes over', () => {
    const codec: Codec<number[]> = {
      write: (list, to, slot) => {
        sorted.codec.write(list, to, slot);
        to.byte(0);
      },
      read: sorted.codec.read,
    };
    expect(() => checkAggregateLaws({ ...sorted, codec }, [1])).toThrow(
      /writes more than it reads/,
    );
  });

  test('values of which none can be added prove nothing', () => {
    expect(() =>
      checkAggregateLaws(
        sum((value: number) => value),
        [Number.NaN],
      ),
    ).toThrow(/no value can be added to "sum": BadRecordError/);
    expect(() => checkAggregateLaws(sorted, [])).toThrow(/none was given/);
  });
});
