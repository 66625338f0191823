import { inWords, simulated, type Task } from './tried.ts';

/** Runs what it is told to, and answers with what came of it, or why nothing did. */
process.on('message', async (task: Task) => {
  const answer = await simulated(task).catch((error: unknown) => ({ error: inWords(error) }));
  // Whoever asked may be gone, as another process has told that nothing comes of it.
  process.send?.(answer, undefined, undefined, () => undefined);
});
