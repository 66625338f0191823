import { rmSync } from 'node:fs';
import { ConfigurationError } from '../../errors.ts';
import type { Plan } from '../../topology/plan.ts';
import type { Job } from './job.ts';
import { letterLines } from './letter-sink.ts';
import { type Staged, stage, type Written } from './output.ts';
import { resultLines } from './result-sink.ts';
import { type BatchSummary, summaryFile, summaryOf } from './summary.ts';
import type { Workspace } from './workspace.ts';

const DEAD_LETTERS = 'dead-letters.jsonl';

export interface Publication {
  readonly job: Job;
  readonly workspace: Workspace;
  /** The folder. */
  readonly output: string;
}

/** Writes results, dead letters and summary to their files, none of which is ever seen half written. */
export async function publish(
  plan: Plan,
  { job, workspace: { store, table }, output }: Publication,
): Promise<BatchSummary> {
  const results = sinkNames(plan).map((name) => ({
    name,
    staged: stage(output, fileOf(name), resultLines(table, name)),
  }));
  const letters = stage(output, DEAD_LETTERS, letterLines(table));
  const summary = await summaryOf(plan, {
    job,
    store,
    results: Object.fromEntries(results.map(({ name, staged }) => [name, written(staged)])),
    deadLetters: written(letters),
  });
  // The summary goes first and comes last: whoever sees one sees the files that it tells of.
  rmSync(summaryFile(output), { force: true });
  for (const { staged } of results) staged.publish();
  letters.publish();
  stage(output, 'summary.json', [JSON.stringify(summary, undefined, 2)]).publish();
  return summary;
}

/** The sinks of a plan, each once. */
export const sinkNames = (plan: Plan): string[] => [
  ...new Set(plan.stages.flatMap(({ outputs }) => outputs.map(({ sink }) => sink.name))),
];

/**
 * Each sink has a file of its own name.
 *
 * @throws ConfigurationError OUTPUT_INVALID if that is taken
 */
export function checkSinks(plan: Plan): void {
  const taken = sinkNames(plan).find((name) => fileOf(name) === DEAD_LETTERS);
  if (taken === undefined) return;
  throw new ConfigurationError(
    'OUTPUT_INVALID',
    `the sink ${taken} has the name of the file for dead letters`,
    'Give the sink another name.',
  );
}

const fileOf = (sink: string): string => `${sink}.jsonl`;

const written = ({ file, lines }: Staged): Written => ({ file, lines });
