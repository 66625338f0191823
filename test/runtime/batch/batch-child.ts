import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type BatchProgress, fileLane, runBatch } from '../../../src/runtime/batch/index.ts';
import { hotItemsPlan } from '../../support/hot-items.ts';
import { REVISABLE_WINDOWS } from '../../support/windows.ts';
import { sums, sumsAndEvents } from './plans.ts';

/**
 * A run that is killed, as by the machine: when it has told of its progress so many times, or, when so
 * many buckets are fired, in the middle of the next one, after a checkpoint there.
 */
const [name = '', output = '', kill = '', ...files] = process.argv.slice(2);
const plans = {
  sums: sums({ window: REVISABLE_WINDOWS[4] }),
  kept: sumsAndEvents(),
  hot: hotItemsPlan({ counts: 2, hottest: 2 }),
};
const plan = plans[name as keyof typeof plans];
const [what, count] = kill.split(':');

let left = Number(count);
const isDueAfter = (): boolean => {
  left -= 1;
  return left === 0;
};

const checkpoint = path.join(output, '.tidemark', 'checkpoint.json');
let before: string | undefined;
const isDueIn = ({ phase, bucketsFired }: BatchProgress): boolean => {
  if (phase !== 'fire' || bucketsFired !== Number(count)) return false;
  const now = existsSync(checkpoint) ? readFileSync(checkpoint, 'utf8') : '';
  before ??= now;
  return now !== before;
};

const { went } = await runBatch(plan, {
  inputs: Object.fromEntries(plan.sources.map((source) => [source.name, files.map(fileLane)])),
  output,
  memoryLimit: 600_000,
  checkpointEvery: what === 'in' ? 0.2 : 2,
  onProgress: (progress) => {
    const isDue = (what === 'after' && isDueAfter()) || (what === 'in' && isDueIn(progress));
    if (isDue) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write(went);
