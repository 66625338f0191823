import { ConfigurationError } from '../../errors.ts';
import { type Plan, sinksOf } from '../../topology/plan.ts';

/** What the file of the records that nobody could process is called. */
export const DEAD_LETTERS = 'dead-letters';

/** The sinks of a plan, each once. */
export const resultNames = (plan: Plan): string[] => sinksOf(plan).map(({ sink }) => sink.name);

/** Its places for late events, each once. */
export const lateNames = (plan: Plan): string[] => [
  ...new Set(plan.stages.flatMap(({ late }) => late.sideOutput?.name ?? [])),
];

/** Each sink and each place has a file of its own name, in the output folder. */
export const fileOf = (name: string): string => `${name}.jsonl`;

/**
 * Refuses a plan with two uses for one file.
 *
 * @throws ConfigurationError OUTPUT_INVALID
 */
export function checkFiles(plan: Plan): void {
  const taken = new Map([[DEAD_LETTERS, 'dead letters']]);
  const take = (name: string, use: string): void => {
    const other = taken.get(name);
    if (other !== undefined) throw twice(name, use, other);
    taken.set(name, use);
  };
  for (const name of lateNames(plan)) take(name, 'late events');
  for (const name of resultNames(plan)) take(name, 'results');
}

const twice = (name: string, use: string, other: string): ConfigurationError =>
  new ConfigurationError(
    'OUTPUT_INVALID',
    `${use} and ${other} would both be written to ${fileOf(name)}`,
    `Give the place for ${use} another name.`,
  );
