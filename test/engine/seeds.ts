/**
 * The seeds of a run in ten groups, so that a failure is told before the end: as many as SEEDS says, or
 * as usual; with SEED, only that one.
 */
export function seedGroups(usually: number): number[][] {
  const count = Number(process.env.SEEDS ?? usually);
  const first = Number(process.env.SEED ?? 1);
  const seeds = process.env.SEED ? [first] : Array.from({ length: count }, (_, i) => first + i);
  const groups = Array.from({ length: 10 }, (_, n) => seeds.filter((seed) => seed % 10 === n));
  return groups.filter((group) => group.length > 0);
}
