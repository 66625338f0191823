/** A source of numbers in [0, 1), passed to whatever needs chance. */
export type Random = () => number;

/** A waiting time with the given mean, in ms: how long until the next of many independent events. */
export const exponential = (random: Random, meanMs: number): number =>
  -Math.log(1 - random()) * meanMs;

/** A number in [from, to). */
export const between = (random: Random, from: number, to: number): number =>
  from + random() * (to - from);
