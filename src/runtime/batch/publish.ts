import { rmSync } from 'node:fs';
import type { Plan } from '../../topology/plan.ts';
import { DEAD_LETTERS, fileOf, lateNames, resultNames } from './files.ts';
import type { Job } from './job.ts';
import { letterLines } from './letter-sink.ts';
import { type Staged, stage, type Written } from './output.ts';
import { resultLines } from './result-sink.ts';
import { type BatchSummary, summaryFile, summaryOf } from './summary.ts';
import type { Workspace } from './workspace.ts';

export interface Publication {
  readonly job: Job;
  readonly workspace: Workspace;
  /** The folder. */
  readonly output: string;
}

/** Writes results, dead letters and summary to their files, none of which is ever seen half written. */
export async function publish(
  plan: Plan,
  { job, workspace: { store, table, log }, output }: Publication,
): Promise<BatchSummary> {
  const results = resultNames(plan).map(
    (name) => [name, stage(output, fileOf(name), resultLines(table, name), log(name))] as const,
  );
  const lateEvents = lateNames(plan).map(
    (name) => [name, stage(output, fileOf(name), letterLines(table, name))] as const,
  );
  const letters = stage(output, fileOf(DEAD_LETTERS), letterLines(table, DEAD_LETTERS));
  const summary = await summaryOf(plan, {
    job,
    store,
    results: allWritten(results),
    lateEvents: allWritten(lateEvents),
    deadLetters: written(letters),
  });
  // The summary goes first and comes last: whoever sees one sees the files that it tells of.
  rmSync(summaryFile(output), { force: true });
  for (const [, file] of [...results, ...lateEvents]) file.publish();
  letters.publish();
  stage(output, 'summary.json', [JSON.stringify(summary, undefined, 2)]).publish();
  return summary;
}

const allWritten = (files: readonly (readonly [string, Staged])[]): Record<string, Written> =>
  Object.fromEntries(files.map(([name, file]) => [name, written(file)]));

const written = ({ file, lines }: Staged): Written => ({ file, lines });
