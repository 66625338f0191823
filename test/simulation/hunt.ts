import type { FaultKind } from '../../src/testing/index.ts';
import { FAULT_KINDS, simulate } from '../../src/testing/index.ts';
import { PIPELINES } from './pipelines.ts';

/** What befalls shards, and what makes whoever works on them slow: some fences need several of it at once. */
const OF_SHARDS: readonly FaultKind[] = [
  'split',
  'merge',
  'recreated',
  'shardExpired',
  'slow',
  'crash',
  'zombie',
  'tickTwice',
];

/** What it takes for records that are sent again to meet somebody who does not know of them. */
const OF_PRODUCERS: readonly FaultKind[] = [
  'producerRepeats',
  'split',
  'merge',
  'slow',
  'crash',
  'zombie',
];

/** Where nobody sends anything again: as all runs were once, so that those that found something stay. */
const OF_WORLD = FAULT_KINDS.filter((kind) => kind !== 'producerRepeats');

/**
 * Runs all pipelines by turns until one fails; tells which one, and after how many runs. What is told
 * without faults was found with those of the world.
 */
const [seeds = 0, more = 0, repeats = 0] = process.argv.slice(2).map(Number);
let runs = 0;

async function hunt(seed: number, faults?: readonly FaultKind[]): Promise<void> {
  for (const { plan, name, ...tried } of PIPELINES) {
    await simulate(plan, {
      ...tried,
      seeds: [seed],
      faults: faults ?? OF_WORLD,
      onRun({ passed, problems }) {
        runs++;
        if (passed) return;
        const [problem = ''] = problems[0]?.split('\n') ?? [];
        const its = { pipeline: name, seed, runs, problem, ...(faults && { faults }) };
        console.log(JSON.stringify(its));
        process.exit(0);
      },
    });
  }
}

for (let seed = 1; seed <= seeds; seed++) await hunt(seed);
for (let seed = 1; seed <= more; seed++) await hunt(seed, OF_SHARDS);
for (let seed = 1; seed <= repeats; seed++) await hunt(seed, OF_PRODUCERS);
console.log(JSON.stringify({ runs }));
