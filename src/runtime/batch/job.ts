import { createHash } from 'node:crypto';
import { ConfigurationError, PlanChangedError } from '../../errors.ts';
import type { InputLane } from '../../sources/input-lane.ts';
import { describe, fingerprint } from '../../topology/describe.ts';
import type { Plan } from '../../topology/plan.ts';
import type { Mode } from './bounded-plan.ts';

/** What a run computes, and from what: results of two runs of the same job are the same. */
export interface Job {
  readonly pipeline: string;
  readonly mode: Mode;
  /** A hash of the plan, the text of its functions included as far as one can see it. */
  readonly plan: string;
  readonly inputs: readonly JobInput[];
}

/** One input of a job. */
export interface JobInput {
  readonly stream: string;
  readonly name: string;
  readonly version: string;
}

/** A lane with the name by which the engine knows it: short, and in the order of the inputs. */
export interface NumberedLane {
  readonly stream: string;
  readonly id: string;
  readonly input: InputLane;
}

/** `version`: of the code, for what a plan does not show of its functions. */
export function jobOf(
  plan: Plan,
  mode: Mode,
  lanes: readonly NumberedLane[],
  version: string | undefined,
): Job {
  const inputs = lanes.map(({ stream, input: { name, version } }) => ({ stream, name, version }));
  return { pipeline: plan.name, mode, plan: hashOf(plan, version), inputs };
}

/**
 * The lanes of all streams of the plan, numbered.
 *
 * @throws ConfigurationError SOURCE_MISSING, INPUT_INVALID if inputs and streams do not match
 */
export function numberedLanes(
  plan: Plan,
  inputs: Readonly<Record<string, readonly InputLane[]>>,
): NumberedLane[] {
  const streams = plan.sources.map(({ name }) => name);
  for (const name of Object.keys(inputs)) if (!streams.includes(name)) throw unknown(name, streams);
  const lanes = streams.flatMap((stream) => {
    const own = inputs[stream] ?? [];
    if (own.length === 0) throw missing(stream);
    return own.map((input) => ({ stream, input }));
  });
  const seen = new Set<string>();
  for (const { stream, input } of lanes) {
    const name = `${stream} ${input.name}`;
    if (seen.has(name)) throw twice(input.name);
    seen.add(name);
  }
  return lanes.map((lane, n) => ({ ...lane, id: String(n).padStart(6, '0') }));
}

/**
 * Refuses to go on with what another job has begun.
 *
 * @throws PlanChangedError, ConfigurationError INPUT_INVALID
 */
export function checkSameJob(mine: Job, theirs: Job, where: string): void {
  const wayOut = 'Give --fresh (start: "fresh") to begin anew, or name another output folder.';
  if (mine.plan !== theirs.plan || mine.mode !== theirs.mode) {
    throw new PlanChangedError(`${where} is of another plan or mode`, { hint: wayOut });
  }
  const changed = firstDifference(mine.inputs, theirs.inputs);
  if (changed === undefined) return;
  throw new ConfigurationError('INPUT_INVALID', `${where} is of other inputs: ${changed}`, wayOut);
}

function firstDifference(mine: readonly JobInput[], theirs: readonly JobInput[]) {
  for (const [at, input] of mine.entries()) {
    const other = theirs[at];
    if (other?.name !== input.name || other.stream !== input.stream)
      return `'${input.name}' was not there`;
    if (other.version !== input.version)
      return `'${input.name}' was ${other.version}, and is ${input.version}`;
  }
  const gone = theirs[mine.length];
  return gone && `'${gone.name}' was there`;
}

/** Functions count by their text, where there is one to see: not what they close over, nor inside of an aggregate. */
function hashOf(plan: Plan, version: string | undefined): string {
  const functions = plan.stages.flatMap(({ inputs, outputs, operator }) => [
    ...(operator.authored ?? []).map(String),
    ...[...inputs, ...outputs].flatMap(({ steps }) => steps.map(({ apply }) => String(apply))),
    ...inputs.map(({ key }) => String(key)),
  ]);
  const times = plan.sources.map(({ timestamp }) => String(timestamp));
  const parts = [describe(plan), ...plan.stages.map(fingerprint), ...times, ...functions, version];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

const missing = (stream: string): ConfigurationError =>
  new ConfigurationError(
    'SOURCE_MISSING',
    `there is no input for the stream ${stream}`,
    'Give one or more files for each stream of the plan.',
  );

const unknown = (name: string, streams: readonly string[]): ConfigurationError =>
  new ConfigurationError(
    'INPUT_INVALID',
    `the plan has no stream ${name}`,
    `Its streams are: ${streams.join(', ')}.`,
  );

const twice = (name: string): ConfigurationError =>
  new ConfigurationError(
    'INPUT_INVALID',
    `'${name}' is given twice`,
    'Its events would count twice.',
  );
