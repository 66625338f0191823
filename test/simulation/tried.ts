import { pathToFileURL } from 'node:url';
import { TidemarkError } from '../../src/index.ts';
import { type SimulateOptions, type Simulation, simulate } from '../../src/testing/index.ts';
import { PIPELINES, type Tried } from './pipelines.ts';

/** Some seeds of one pipeline, to be run in any process. */
export interface Task {
  /** One of ours by its name, or the file of a user's own. */
  readonly name: string;
  readonly seeds: readonly number[];
  readonly records: number;
}

export async function simulated(
  { name, seeds, records }: Task,
  options: Pick<SimulateOptions, 'trace'> = {},
): Promise<Simulation> {
  const known = PIPELINES.find((one) => one.name === name);
  const { plan, name: _, ...tried } = known ?? (await fromFile(name));
  return simulate(plan, { ...tried, ...options, seeds, records });
}

/** What is wrong with a setting, as it says itself; with its place, what anybody else has thrown. */
export function inWords(error: unknown): string {
  if (error instanceof TidemarkError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** One of the user's own. */
export async function fromFile(file: string): Promise<Tried> {
  const module: unknown = await import(pathToFileURL(file).href);
  const { plan, events, lookups } = module as Partial<Tried>;
  if (plan === undefined || events === undefined) {
    throw new Error(
      `'${file}' does not export plan and events: events = { clicks: ({ now }) => ({ ... }) }`,
    );
  }
  return { name: file, plan, events, ...(lookups && { lookups }) };
}
