import { expect, test } from 'vitest';
import { Sample } from '../../src/observability/sample.ts';
import fc from '../support/fast-check.ts';

const sampleOf = ([first = 0, ...others]: readonly number[]): readonly number[] => {
  const sample = new Sample(first);
  for (const value of others) sample.add(value);
  return sample.values();
};

test('up to 98 values are kept as they are, and in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 98 }), (values) => {
      expect(sampleOf(values)).toEqual(values);
    }),
  );
});

test('of more at most 100 are kept, the least and the greatest among them, and none is made up', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 99, maxLength: 5_000 }), (values) => {
      const kept = sampleOf(values);
      expect(kept.length).toBeGreaterThan(40);
      expect(kept.length).toBeLessThanOrEqual(100);
      expect(Math.min(...kept)).toBe(Math.min(...values));
      expect(Math.max(...kept)).toBe(Math.max(...values));
      expect(kept.filter((value) => !values.includes(value))).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

test('what is left out is left out evenly: percentiles stay where they are', () => {
  const kept = [...sampleOf(Array.from({ length: 10_000 }, (_, n) => n))].sort((a, b) => a - b);
  for (const share of [0.1, 0.5, 0.9]) {
    const value = kept[Math.floor(share * kept.length)] as number;
    expect(Math.abs(value / 10_000 - share)).toBeLessThan(0.03);
  }
});
