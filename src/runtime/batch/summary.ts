import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Tally } from '../../engine/lane.ts';
import { readTallies } from '../../engine/tallies.ts';
import type { Store } from '../../store/store.ts';
import { type Plan, streamsOf } from '../../topology/plan.ts';
import type { Job } from './job.ts';
import type { Written } from './output.ts';

/** What a finished run says about itself, in `summary.json`: the same for the same job, however it ran. */
export interface BatchSummary extends Job {
  readonly format: typeof FORMAT;
  /**
   * What became of the lines, by stage, for those that read streams. Every line of a stage's streams is
   * in `records` once.
   */
  readonly stages: Readonly<Record<string, Tally>>;
  /** By name of the sink. */
  readonly results: Readonly<Record<string, Written>>;
  /** By name of the place. */
  readonly lateEvents: Readonly<Record<string, Written>>;
  readonly deadLetters: Written;
}

const FORMAT = 1;

export const summaryFile = (output: string): string => path.join(output, 'summary.json');

export async function summaryOf(
  plan: Plan,
  {
    job,
    store,
    ...files
  }: Pick<BatchSummary, 'results' | 'lateEvents' | 'deadLetters'> & {
    readonly job: Job;
    readonly store: Store;
  },
): Promise<BatchSummary> {
  const stages: Record<string, Tally> = {};
  for (const stage of plan.stages) {
    if (streamsOf(stage).length > 0) stages[stage.name] = await readTallies(store, stage);
  }
  return { format: FORMAT, ...job, stages, ...files };
}

/** The summary of the run that has finished in a folder, if one has, and if its files are still there. */
export function readSummary(output: string): BatchSummary | undefined {
  const file = summaryFile(output);
  if (!existsSync(file)) return undefined;
  try {
    const summary = JSON.parse(readFileSync(file, 'utf8')) as BatchSummary;
    if (summary.format !== FORMAT) return undefined;
    const { results, lateEvents, deadLetters } = summary;
    const files = [...Object.values(results), ...Object.values(lateEvents), deadLetters];
    const areThere = files.every(({ file: name }) => existsSync(path.join(output, name)));
    return areThere ? summary : undefined;
  } catch {
    return undefined; // Not ours.
  }
}
