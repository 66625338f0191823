import { fileLane, runBatch } from '../../../src/runtime/batch/index.ts';
import { sums, WINDOWS } from './plans.ts';

/** A run that is killed, as by the machine, when it has told of its progress so many times. */
const [output = '', kills = '', ...files] = process.argv.slice(2);
let left = Number(kills);

const { went } = await runBatch(sums({ window: WINDOWS[4] }), {
  inputs: { events: files.map(fileLane) },
  output,
  memoryLimit: 300_000,
  checkpointEvery: 2,
  onProgress: () => {
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write(went);
