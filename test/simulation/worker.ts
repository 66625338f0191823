import { simulated, type Task } from './tried.ts';

/** Runs what it is told to, and answers with what came of it. */
process.on('message', async (task: Task) => {
  process.send?.(await simulated(task));
});
