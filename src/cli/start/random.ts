/** A source of numbers in [0, 1), passed to whatever needs chance. */
export type Random = () => number;

/** Mulberry32: the same seed gives the same numbers, on every machine. */
export function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A waiting time with the given mean, in ms: how long until the next of many independent events. */
export const exponential = (random: Random, meanMs: number): number =>
  -Math.log(1 - random()) * meanMs;

/** A number in [from, to). */
export const between = (random: Random, from: number, to: number): number =>
  from + random() * (to - from);
