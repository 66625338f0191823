import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import { inputFiles } from '../input-files.ts';
import { JOBS, jobNamed } from '../jobs/index.ts';
import { aligned } from '../report.ts';
import { countUnits } from './count-units.ts';
import { naiveUnits } from './naive.ts';

/** `npm run bench:units` */
const { only, events, shards, batches } = new Command('npm run bench:units --')
  .description("Counts what jobs cost in DynamoDB's units, by the sizes of their items.")
  .addOption(
    new Option('--only <jobs...>', 'these jobs')
      .choices(JOBS.map(({ name }) => name))
      .default(['J2', 'J3', 'J4', 'J5a', 'J5b']),
  )
  .option('--events <n>', 'how many events', Number, 200_000)
  .option('--shards <n...>', 'how many shards', ['1', '4', '16'])
  .option('--batches <n...>', 'records an invocation', ['100', '1000', '10000'])
  .parse()
  .opts<{ only: string[]; events: number; shards: string[]; batches: string[] }>();

const table = [['job', 'shards', 'batch', 'shuffle, state, control', 'result rows', 'read units']];
for (const name of only) {
  const job = jobNamed(name);
  const wish = { kind: job.input, events, seed: 7, batch: 1_000 };
  const { input } = inputFiles(path.join(tmpdir(), 'tidemark-bench'), wish);
  for (const batch of batches.map(Number)) {
    for (const count of shards.map(Number)) {
      const { written, results, read } = await countUnits(job, input, { shards: count, batch });
      table.push([name, count, batch, written, results, read].map(String));
    }
    if (name !== 'J2') continue;
    for (const [what, units] of Object.entries(naiveUnits(input, batch))) {
      table.push([name, '', String(batch), String(units), what, '']);
    }
  }
}
console.log(`Units a million events (of ${events}):\n${aligned(table)}`);
