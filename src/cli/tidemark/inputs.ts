import { ConfigurationError } from '../../errors.ts';
import { fileLane, type InputLane } from '../../runtime/batch/index.ts';
import type { Plan } from '../../topology/plan.ts';
import { filesOf, isPattern } from './glob.ts';
import { isObject, objectLanes } from './object-inputs.ts';

/**
 * The lanes of each stream from texts such as `data/*.jsonl`, `clicks=data/*.jsonl` or
 * `clicks=s3://bucket/data/*.jsonl`. Without a name they belong to the only stream of the plan.
 *
 * @throws ConfigurationError INPUT_INVALID, SOURCE_MISSING, and what S3 refuses
 */
export async function inputsOf(
  plan: Plan,
  texts: readonly string[],
): Promise<Record<string, InputLane[]>> {
  const streams = plan.sources.map(({ name }) => name);
  const inputs: Record<string, InputLane[]> = {};
  for (const text of texts) {
    const { stream, pattern } = named(text, streams);
    const lanes = isObject(pattern) ? await objectLanes(pattern) : fileLanes(pattern);
    inputs[stream] = [...(inputs[stream] ?? []), ...lanes];
  }
  for (const stream of streams) if (inputs[stream] === undefined) throw silent(stream);
  return inputs;
}

function fileLanes(pattern: string): InputLane[] {
  const files = filesOf(pattern);
  if (files.length === 0 && isPattern(pattern)) throw nothing(pattern);
  // What is no pattern is a file that is refused for what it is: missing, or a folder.
  return (files.length > 0 ? files : [pattern]).map(fileLane);
}

function named(text: string, streams: readonly string[]): { stream: string; pattern: string } {
  const at = text.indexOf('=');
  const prefix = text.slice(0, Math.max(0, at));
  if (streams.includes(prefix)) return { stream: prefix, pattern: text.slice(at + 1) };
  if (NAME.test(prefix) && filesOf(text).length === 0) throw unknown(prefix, streams);
  const [only, ...others] = streams;
  if (only !== undefined && others.length === 0) return { stream: only, pattern: text };
  throw new ConfigurationError(
    'INPUT_INVALID',
    `the input '${text}' does not say which stream it is for`,
    `Write it as stream=files; the streams are: ${streams.join(', ')}.`,
  );
}

/** What is before '=' where the author means a stream. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

const unknown = (name: string, streams: readonly string[]): ConfigurationError =>
  new ConfigurationError(
    'INPUT_INVALID',
    `no stream is named ${name}`,
    `The plan has ${streams.join(', ')}.`,
  );

const silent = (stream: string): ConfigurationError =>
  new ConfigurationError(
    'SOURCE_MISSING',
    `there is no input for the stream ${stream}`,
    `Give one: --input ${stream}=files; each stream of the plan needs its own.`,
  );

const nothing = (pattern: string): ConfigurationError =>
  new ConfigurationError(
    'INPUT_INVALID',
    `no file matches '${pattern}'`,
    'Patterns know * and ? in names, and ** for any folders; quote them, and check the path.',
  );
