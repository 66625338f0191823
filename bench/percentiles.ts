/** What half of the values, and what 99 of a hundred, do not exceed. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** By nearest rank: each of them is one of the values. */
export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (share: number): number =>
    sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return { count: sorted.length, p50: rank(0.5), p99: rank(0.99), max: rank(1) };
}

export const PERCENTILES = ['p50', 'p99', 'max'] as const;

export const percentileCells = (of: Percentiles, digits = 0): string[] =>
  PERCENTILES.map((name) => of[name].toFixed(digits));
