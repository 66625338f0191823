import { ConfigurationError } from './errors.ts';

/**
 * What a deployment tells its functions: the names of what it made for them, as JSON in one variable,
 * because the names that a plan uses (`page-clicks`) are no names of variables.
 */
export const RESOURCES_VARIABLE = 'TIDEMARK_RESOURCES';

/** Something that was made or brought in for a function. */
export interface Resource {
  /** Which implementation opens it, such as `kinesis` or `table`. */
  readonly kind: string;
  /** The name under which AWS knows it. */
  readonly name: string;
  /** What else its implementation has to know. */
  readonly [setting: string]: string;
}

/** One function takes the batches of streams, another one fires and ticks: each its own work, and no other. */
export type Role = 'gather' | 'fire';

/** Everything that a pipeline's functions reach, by the names in the plan. */
export interface Resources {
  /** Left out by a function that does everything. */
  readonly role?: Role;
  /** By which name metrics and log lines tell the pipeline. Left out: the name of the plan. */
  readonly pipeline?: string;
  /** The control table. */
  readonly control: string;
  /** The state table. */
  readonly state: string;
  readonly deadLetters: Resource;
  readonly sources: Readonly<Record<string, Resource>>;
  readonly sinks: Readonly<Record<string, Resource>>;
  readonly lateEvents: Readonly<Record<string, Resource>>;
  readonly lookups: Readonly<Record<string, Resource>>;
}

/**
 * What the variable says.
 *
 * @throws ConfigurationError ENVIRONMENT_INVALID if it is not set, or not what a deployment writes
 */
export function parseResources(env: Readonly<Record<string, string | undefined>>): Resources {
  const text = env[RESOURCES_VARIABLE];
  if (text === undefined) throw invalid('is not set');
  const said = parsed(text);
  if (!isRecord(said)) throw invalid('is no JSON object');
  if (said.role !== undefined && said.role !== 'gather' && said.role !== 'fire') {
    throw invalid('names a role that is none');
  }
  if (said.pipeline !== undefined && typeof said.pipeline !== 'string') {
    throw invalid('names a pipeline that is no text');
  }
  for (const table of ['control', 'state']) {
    if (typeof said[table] !== 'string') throw invalid(`names no ${table} table`);
  }
  if (!isResource(said.deadLetters)) throw invalid('names no place for dead letters');
  for (const group of ['sources', 'sinks', 'lateEvents', 'lookups']) {
    const found = said[group];
    if (!isRecord(found) || !Object.values(found).every(isResource)) {
      throw invalid(`has ${group} without kind and name`);
    }
  }
  return said as unknown as Resources;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isResource = (value: unknown): boolean =>
  isRecord(value) && typeof value.kind === 'string' && typeof value.name === 'string';

const invalid = (what: string): ConfigurationError =>
  new ConfigurationError(
    'ENVIRONMENT_INVALID',
    `the environment variable ${RESOURCES_VARIABLE} ${what}`,
    'Deploy the function by the Pipeline construct of tidemark/cdk, or name what it needs in lambdaHandler.',
  );

/** What a deployment tells a function that archives a stream, as JSON. */
export const ARCHIVE_VARIABLE = 'TIDEMARK_ARCHIVE';

export interface ArchiveResources {
  readonly stream: string;
  readonly bucket: string;
  /** Before the names of all files. */
  readonly prefix: string;
}

/** What that variable says. @throws ConfigurationError ENVIRONMENT_INVALID */
export function parseArchive(env: Readonly<Record<string, string | undefined>>): ArchiveResources {
  const said = parsed(env[ARCHIVE_VARIABLE] ?? '');
  const names = ['stream', 'bucket', 'prefix'];
  if (isRecord(said) && names.every((name) => typeof said[name] === 'string')) {
    return said as unknown as ArchiveResources;
  }
  throw new ConfigurationError(
    'ENVIRONMENT_INVALID',
    `the environment variable ${ARCHIVE_VARIABLE} names no stream, bucket and prefix`,
    'Deploy the function by the StreamArchive construct of tidemark/cdk, or give archiveHandler what it needs.',
  );
}
