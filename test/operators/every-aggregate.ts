import {
  aggregate,
  approximateDistinct,
  average,
  collect,
  count,
  distinct,
  first,
  last,
  max,
  maxBy,
  min,
  minBy,
  quantiles,
  reduce,
  standardDeviation,
  sum,
  sumDecimal,
  topK,
  variance,
} from '../../src/index.ts';
import type { AnyAggregate } from '../../src/operators/aggregate.ts';

/** An event with something for every aggregate. */
export interface Reading {
  readonly value: number;
  readonly word: string;
  readonly price: string;
}

const value = (reading: Reading): number => reading.value;
const word = (reading: Reading): string => reading.word;

/** How many readings there are with each word, by hand. */
const wordCounts = aggregate({
  name: 'word-counts',
  create: () => ({}) as Record<string, number>,
  add: (counts, reading: Reading) => ({
    ...counts,
    [reading.word]: (counts[reading.word] ?? 0) + 1,
  }),
  merge: (counts, other) => {
    const all = { ...counts };
    for (const [key, n] of Object.entries(other)) all[key] = (all[key] ?? 0) + n;
    return all;
  },
  finish: (counts) => Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)),
});

/** Every aggregate of the library, over the same events. */
export const EVERY: readonly AnyAggregate<Reading>[] = [
  count(),
  sum(value),
  sumDecimal((reading: Reading) => reading.price),
  min(value),
  max(value),
  average(value),
  variance(value),
  variance(value, { kind: 'sample' }),
  standardDeviation(value),
  standardDeviation(value, { kind: 'sample' }),
  distinct(word),
  distinct(value),
  approximateDistinct(word),
  approximateDistinct(value, { precision: 4 }),
  topK(2, word),
  topK(3, value, { weight: value }),
  quantiles([0, 0.5, 0.99, 1], value),
  quantiles([0.25], value, { accuracy: 0.2 }),
  collect<Reading>(),
  collect(word),
  reduce((a: Reading, b: Reading) => ({ ...b, word: (a.word + b.word).slice(-9) })),
  reduce((a: Reading, b: Reading) => (a.price > b.price ? a : b), { commutative: true }),
  first<Reading>(),
  last(word),
  minBy(value),
  maxBy(value, word),
  wordCounts,
  aggregate({ n: count(), total: sum(value) }),
  aggregate({ n: count(), total: sum(value), words: collect(word), words2: wordCounts }),
];
