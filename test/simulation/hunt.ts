import type { FaultKind } from '../../src/testing/index.ts';
import { simulate } from '../../src/testing/index.ts';
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

/** Runs all pipelines by turns until one fails; tells which one, and after how many runs. */
const [seeds = 0, more = 0] = process.argv.slice(2).map(Number);
let runs = 0;

async function hunt(seed: number, faults?: readonly FaultKind[]): Promise<void> {
  for (const { plan, name, ...tried } of PIPELINES) {
    await simulate(plan, {
      ...tried,
      seeds: [seed],
      ...(faults && { faults }),
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
console.log(JSON.stringify({ runs }));
