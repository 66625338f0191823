import { seeded } from '../../seeded.ts';

/** A seeded source of chance, so that a run comes again from its seed. */
export interface Chance {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `below`. */
  below(below: number): number;
  /** True for this share of the calls. */
  happens(share: number): boolean;
  /** One of them, each as likely. */
  pick<T>(from: readonly T[]): T;
}

export function chanceOf(seed: number): Chance {
  const next = seeded(seed);
  const below = (most: number): number => Math.floor(next() * most);
  return {
    next,
    below,
    happens: (share) => share > 0 && next() < share,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
  };
}
