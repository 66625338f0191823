import type { Measured } from './measured.ts';
import type { WayName } from './ways/index.ts';

/** The runs of one job in one way. */
export type Rounds = readonly Measured[];

/** By way, one run a round. */
export type JobRounds = ReadonlyMap<WayName, Rounds>;

/**
 * Every way once a round, in turn, so that whatever else the machine does at a time meets all of them.
 * Each round begins with another one.
 */
export async function interleaved<Way, Result>(
  ways: readonly Way[],
  rounds: number,
  run: (way: Way) => Promise<Result>,
): Promise<ReadonlyMap<Way, readonly Result[]>> {
  const all = new Map<Way, Result[]>(ways.map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (let n = 0; n < ways.length; n++) {
      const way = ways[(round + n) % ways.length] as Way;
      all.get(way)?.push(await run(way));
    }
  }
  return all;
}

/** The middle of several numbers, and how far the least and the greatest are from each other. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median =
    ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle) - 1] as number)) / 2;
  return { median, least: sorted[0] as number, greatest: sorted.at(-1) as number };
}
