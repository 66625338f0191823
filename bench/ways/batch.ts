import path from 'node:path';
import { fileLane, runBatch } from 'tidemark/batch';
import { STREAM, TABLE } from '../jobs/streams.ts';
import { planOf, type Way } from './way.ts';

/** `tidemark run`, without its command line. */
export const batch: Way = async (task) => {
  const output = path.join(task.folder, 'output');
  await runBatch(planOf(task), { inputs: { [STREAM]: [fileLane(task.input)] }, output });
  return path.join(output, `${TABLE}.jsonl`);
};
