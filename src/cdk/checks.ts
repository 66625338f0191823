import { Token } from 'aws-cdk-lib/core';
import { ConfigurationError } from '../errors.ts';
import { lookupsOf } from '../topology/lookup.ts';
import type { Plan } from '../topology/plan.ts';
import type { FunctionSettings } from './pipeline-function.ts';
import type { PipelineProps } from './pipeline-props.ts';
import type { BoundSource } from './source-binding.ts';

/** The names of the places for late events that a plan has. */
export const lateNames = ({ stages }: Plan): string[] => [
  ...new Set(stages.flatMap(({ late }) => late.sideOutput?.name ?? [])),
];

/**
 * Every source of the plan is given, and nothing else.
 *
 * @throws ConfigurationError SOURCE_MISSING, SOURCE_UNKNOWN
 */
export function checkSources({ plan, sources }: PipelineProps): void {
  const names = plan.sources.map(({ name }) => name);
  const missing = names.find((name) => !Object.hasOwn(sources, name));
  if (missing !== undefined) {
    throw new ConfigurationError(
      'SOURCE_MISSING',
      `no stream is given for the source "${missing}"`,
      `Give the stream that it reads: sources: { ${JSON.stringify(missing)}: stream }.`,
    );
  }
  checkKnown('SOURCE_UNKNOWN', 'sources', sources, names);
}

/**
 * Nothing is given for a sink, a place for late events or a lookup that the plan does not have.
 *
 * @throws ConfigurationError SINK_UNKNOWN, LOOKUP_UNKNOWN
 */
export function checkSinks({ plan, sinks, lateEvents, lookups }: PipelineProps): void {
  const names = plan.stages.flatMap(({ outputs }) => outputs.map(({ sink }) => sink.name));
  checkKnown('SINK_UNKNOWN', 'sinks', sinks ?? {}, names);
  checkKnown('SINK_UNKNOWN', 'lateEvents', lateEvents ?? {}, lateNames(plan));
  checkKnown('LOOKUP_UNKNOWN', 'lookups', lookups ?? {}, lookupsOf(plan));
}

/**
 * There is an invocation to be had for every lane, or a shard would wait for others.
 *
 * @throws ConfigurationError CONCURRENCY_TOO_LOW
 */
export function checkConcurrency(
  { reservedConcurrentExecutions: reserved }: FunctionSettings,
  sources: Readonly<Record<string, BoundSource>>,
): void {
  if (reserved === undefined || Token.isUnresolved(reserved)) return;
  const unknown = Object.entries(sources).find(
    ([, { lanes }]) => lanes === undefined || Token.isUnresolved(lanes),
  );
  if (unknown !== undefined) {
    throw tooLow(
      `nobody knows how many shards the source "${unknown[0]}" has`,
      'Say so, kinesisSource(stream, { shards: 4 }), or reserve nothing.',
    );
  }
  const lanes = Object.values(sources).reduce((sum, source) => sum + (source.lanes ?? 0), 0);
  if (reserved >= lanes) return;
  throw tooLow(
    `${lanes} shards are read, one invocation each`,
    `Reserve at least ${lanes}, and more before shards are split.`,
  );

  function tooLow(why: string, hint: string): ConfigurationError {
    const what = `the function that gathers is to have ${reserved} invocations at once, but ${why}`;
    return new ConfigurationError('CONCURRENCY_TOO_LOW', what, hint);
  }
}

/**
 * The function that fires can tick while it fires.
 *
 * @throws ConfigurationError CONCURRENCY_TOO_LOW
 */
export function checkFiringConcurrency({
  reservedConcurrentExecutions: reserved,
}: FunctionSettings): void {
  if (reserved === undefined || Token.isUnresolved(reserved)) return;
  if (reserved >= FIRING_CONCURRENCY_MIN) return;
  throw new ConfigurationError(
    'CONCURRENCY_TOO_LOW',
    `the function that fires is to have ${reserved} invocations at once`,
    `Reserve at least ${FIRING_CONCURRENCY_MIN}: one to fire, and one for the tick that fires what was passed over.`,
  );
}

const FIRING_CONCURRENCY_MIN = 2;

function checkKnown(
  code: 'SOURCE_UNKNOWN' | 'SINK_UNKNOWN' | 'LOOKUP_UNKNOWN',
  setting: string,
  given: object,
  names: readonly string[],
): void {
  const stranger = Object.keys(given).find((name) => !names.includes(name));
  if (stranger === undefined) return;
  throw new ConfigurationError(
    code,
    `"${stranger}" is given under ${setting}, but the plan has no such name`,
    names.length === 0 ? 'Leave it out.' : `Choose from ${names.join(', ')}.`,
  );
}
