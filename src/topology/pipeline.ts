import { PlanError } from '../errors.ts';
import type { Schema } from '../schema/standard-schema.ts';
import type { Build } from './build.ts';
import { type Flow, united } from './draft.ts';
import { deepFreeze } from './freeze.ts';
import { keyed } from './keyed.ts';
import { isPlan, type Plan, type SideSinkPlan, type SourcePlan } from './plan.ts';
import { checkName, checkTableName } from './settings.ts';
import { sourcePlan } from './source-plan.ts';
import type { PipelineBuilder } from './stream.ts';
import type { StreamOptions } from './stream-options.ts';
import { stream } from './streams.ts';
import { tables } from './tables.ts';

const build: Build = {
  stream: (flow) => stream(build, flow),
  keyed: (draft) => keyed(build, draft),
  table: (draft, options) => tables(build, draft, options),
};

/**
 * Begins a pipeline. What is built is a plan, plain frozen data; it runs when a runtime is given it.
 *
 * @throws PlanError NAME_INVALID
 */
export function pipeline(name: string): PipelineBuilder {
  checkName('a pipeline', name);
  return Object.freeze({
    stream: <S extends Schema>(source: string, options: StreamOptions<S>) =>
      build.stream(beginning(name, sourcePlan(source, options))),
  }) as PipelineBuilder;
}

/**
 * A place for late events, raw as they came, for `sideOutput`. The runtime gives the sink of this name.
 *
 * @throws PlanError SINK_INVALID
 */
export function lateEvents(name: string): SideSinkPlan {
  checkTableName(name);
  return Object.freeze({ kind: 'late', name });
}

/**
 * One plan of several that have the same beginnings: each stream is read once by a stage, whatever
 * becomes of its results.
 *
 * @throws PlanError NAME_DUPLICATE if two of them mean different things by one name; STAGE_INVALID,
 * SINK_INVALID if they are no plans, or make none together
 */
export function combine(plan: Plan, ...others: readonly Plan[]): Plan {
  for (const one of [plan, ...others]) if (!isPlan(one)) throw noPlan();
  const stranger = others.find(({ name }) => name !== plan.name);
  if (stranger === undefined) return deepFreeze(others.reduce(united, plan));
  throw new PlanError(
    'NAME_INVALID',
    `the pipelines ${plan.name} and ${stranger.name} are to be one`,
    'Begin both with the same pipeline().',
  );
}

const noPlan = (): PlanError =>
  new PlanError(
    'STAGE_INVALID',
    'combine() was given something that is no plan',
    "Give what to() returns, as in combine(counts.to(table('counts')), sums.to(table('sums'))).",
  );

const beginning = (pipeline: string, source: SourcePlan): Flow => ({
  pipeline,
  paths: [{ origin: { kind: 'stream', source }, steps: [] }],
  shape: 'events',
  revises: false,
});
