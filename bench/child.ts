import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { jobNamed } from './jobs/index.ts';
import type { JobResult } from './jobs/job.ts';
import type { ChildCall, Measured } from './measured.ts';
import { WAYS } from './ways/index.ts';
import { eachLine } from './ways/lines.ts';
import type { Task } from './ways/way.ts';

/** One run of one job in one way, in a process of its own: told on stdout as a line of JSON. */
const call = JSON.parse(process.argv[2] ?? '') as ChildCall;
const job = jobNamed(call.job);

async function run({ input, invocations }: ChildCall['warmUp']): Promise<Measured> {
  const folder = path.join(call.folder, 'work');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const task: Task = { ...call, job, input, invocations, folder };
  const cpuBefore = process.cpuUsage();
  const begunAt = performance.now();
  const file = await WAYS[call.way](task);
  const wallSeconds = (performance.now() - begunAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const rssMb = process.resourceUsage().maxRSS / 1_024;
  return { cpuSeconds: (user + system) / 1e6, wallSeconds, rssMb, ...resultsIn(file) };
}

/** What the rows are, in any order. */
function resultsIn(file: string): Pick<Measured, 'rows' | 'md5'> {
  const isRow = call.way === 'loop' || call.way === 'live';
  const texts: string[] = [];
  eachLine(file, (line) => {
    if (isRow) texts.push(line);
    else {
      for (const row of job.rows(JSON.parse(line) as JobResult)) texts.push(JSON.stringify(row));
    }
  });
  const md5 = createHash('md5');
  for (const text of texts.sort()) md5.update(`${text}\n`);
  return { rows: texts.length, md5: md5.digest('hex') };
}

await run(call.warmUp);
process.stdout.write(`${JSON.stringify(await run(call.measured))}\n`);
