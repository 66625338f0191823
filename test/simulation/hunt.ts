import { simulate } from '../../src/testing/index.ts';
import { PIPELINES } from './pipelines.ts';

/** Runs all pipelines by turns until one fails; tells which one, and after how many runs. */
const seeds = Number(process.argv[2]);
let runs = 0;
for (let seed = 1; seed <= seeds; seed++) {
  for (const { plan, name, ...tried } of PIPELINES) {
    await simulate(plan, {
      ...tried,
      seeds: [seed],
      onRun({ passed, problems }) {
        runs++;
        if (passed) return;
        const [problem = ''] = problems[0]?.split('\n') ?? [];
        console.log(JSON.stringify({ pipeline: name, seed, runs, problem }));
        process.exit(0);
      },
    });
  }
}
console.log(JSON.stringify({ runs }));
