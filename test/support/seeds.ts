import { describe, test } from 'vitest';
import { type Random, random } from './random.ts';

const GROUPS = 6;

/**
 * The same property for many seeds: `SEED=17` runs that one alone, `SEEDS=500` so many. An error tells
 * its seed.
 */
export function forSeeds(
  name: string,
  count: number,
  holds: (chance: Random) => Promise<void>,
): void {
  const first = Number(process.env.SEED ?? 1);
  const many = process.env.SEED ? 1 : Number(process.env.SEEDS ?? count);
  const seeds = Array.from({ length: many }, (_, i) => first + i);
  const groups = Array.from({ length: GROUPS }, (_, n) => seeds.filter((s) => s % GROUPS === n));
  describe(name, () => {
    test.each(groups.filter((group) => group.length > 0))('(seeds %i, ...)', async (...group) => {
      for (const seed of group) {
        await holds(random(seed)).catch((error: unknown) => {
          throw new Error(`seed ${seed}`, { cause: error });
        });
      }
    });
  });
}
