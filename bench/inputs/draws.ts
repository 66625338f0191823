import { seeded } from '../../src/seeded.ts';

/** What generators draw from a seed: the same for the same seed, on every machine. */
export interface Draws {
  /** From 0 up to 1. */
  next(): number;
  /** A whole number from 0 up to, without, `n`. */
  below(n: number): number;
  pick<T>(of: readonly T[]): T;
  /** Letters, `from` to `to` of them. */
  text(from: number, to: number): string;
}

/** Cutting texts from one pool costs a fraction of drawing each letter. */
const POOL_LETTERS = 65_536;

export function draws(seed: number): Draws {
  const next = seeded(seed);
  const below = (n: number): number => Math.floor(next() * n);
  const letter = (): string => (below(12) === 0 ? ' ' : String.fromCharCode(97 + below(26)));
  const pool = Array.from({ length: POOL_LETTERS }, letter).join('');
  return {
    next,
    below,
    pick: (of) => of[below(of.length)] as never,
    text(from, to) {
      const length = from + below(to - from + 1);
      const at = below(POOL_LETTERS - length);
      return pool.slice(at, at + length);
    },
  };
}

/** Ranks from 0, of which the k-th comes in proportion to 1 / (k + 1)^skew. */
export function zipf(ranks: number, skew: number, from: Draws): () => number {
  const upTo = new Float64Array(ranks);
  let sum = 0;
  for (let k = 0; k < ranks; k++) {
    sum += (k + 1) ** -skew;
    upTo[k] = sum;
  }
  return () => {
    const drawn = from.next() * sum;
    let low = 0;
    let high = ranks - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((upTo[middle] as number) > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
