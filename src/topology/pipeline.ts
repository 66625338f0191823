import { PlanError } from '../errors.ts';
import type { Aggregate } from '../operators/aggregate.ts';
import { average, count, max, min, sum } from '../operators/aggregates.ts';
import type { Schema } from '../schema/standard-schema.ts';
import { MINUTES } from '../time/duration.ts';
import type { WindowAssigner } from '../windows/window.ts';
import type { Plan, SinkPlan, SourcePlan, StagePlan, Step } from './plan.ts';
import { checkCount, checkDuration, checkFunction, checkName, checkTableName } from './settings.ts';
import type {
  KeyedStream,
  PipelineBuilder,
  Results,
  StageOptions,
  Stream,
  StreamOptions,
  WindowedStream,
} from './stream.ts';

/**
 * Begins a pipeline. What is built is a plan, plain frozen data; it runs when a runtime is given it.
 *
 * @throws PlanError NAME_INVALID
 */
export function pipeline(name: string): PipelineBuilder {
  checkName('a pipeline', name);
  return Object.freeze({
    stream: <S extends Schema>(source: string, options: StreamOptions<S>) =>
      stream({ pipeline: name, source: sourcePlan(source, options), steps: [] }),
  }) as PipelineBuilder;
}

/**
 * A DynamoDB table for results, one row a key and window.
 *
 * @throws PlanError SINK_INVALID unless DynamoDB takes the name
 */
export function table(name: string): SinkPlan {
  checkTableName(name);
  return Object.freeze({ kind: 'table', name });
}

/** What has been said so far. */
interface Draft {
  readonly pipeline: string;
  readonly source: SourcePlan;
  readonly steps: readonly Step[];
}

interface KeyedDraft extends Draft {
  readonly key: StagePlan['key'];
}

interface WindowedDraft extends KeyedDraft {
  readonly window: WindowAssigner;
}

function stream(draft: Draft): Stream<unknown> {
  const then = (kind: Step['kind'], apply: unknown): Stream<never> => {
    checkFunction(`what ${kind}() is given`, apply);
    const step = Object.freeze({ kind, apply }) as Step;
    return stream({ ...draft, steps: [...draft.steps, step] }) as Stream<never>;
  };
  return Object.freeze({
    filter: (predicate: unknown) => then('filter', predicate),
    map: (change: unknown) => then('map', change),
    keyBy: (key: StagePlan['key']) => {
      checkFunction('what keyBy() is given', key);
      return keyed({ ...draft, key });
    },
  }) as Stream<unknown>;
}

function keyed(draft: KeyedDraft): KeyedStream<unknown> {
  return Object.freeze({
    window: (window: WindowAssigner) => {
      if (typeof window?.endOf !== 'function') throw noWindow();
      return windowed({ ...draft, window });
    },
  });
}

function windowed(draft: WindowedDraft): WindowedStream<unknown> {
  type Of = (event: unknown) => number;
  const over =
    (aggregate: (of: Of) => Aggregate<unknown, never, number>) =>
    (of: Of, options?: StageOptions) => {
      checkFunction('the value to aggregate', of);
      return results(draft, aggregate(of) as StagePlan['aggregate'], options);
    };
  return Object.freeze({
    count: (options?: StageOptions) => results(draft, count() as StagePlan['aggregate'], options),
    sum: over(sum as never),
    min: over(min as never),
    max: over(max as never),
    average: over(average as never),
  });
}

function results(
  draft: WindowedDraft,
  aggregate: StagePlan['aggregate'],
  options: StageOptions = {},
): Results<number> {
  const stage = stagePlan(draft, aggregate, options);
  return Object.freeze({
    to: (sink: SinkPlan): Plan => {
      if (sink?.kind !== 'table') throw noSink();
      return Object.freeze({
        name: draft.pipeline,
        sources: Object.freeze([draft.source]),
        stages: Object.freeze([Object.freeze({ ...stage, sink })]),
      });
    },
  });
}

function sourcePlan<S extends Schema>(name: string, options: StreamOptions<S>): SourcePlan {
  checkName('a stream', name);
  if (typeof options?.schema?.['~standard']?.validate !== 'function') throw noSchema(name);
  checkFunction(`timestamp of ${name}`, options.timestamp);
  checkDuration(`outOfOrderness of ${name}`, options.outOfOrderness, 0);
  const maxFutureSkewMs = options.maxFutureSkew ?? MINUTES;
  checkDuration(`maxFutureSkew of ${name}`, maxFutureSkewMs, 0);
  if (options.maxDelay !== undefined) checkDuration(`maxDelay of ${name}`, options.maxDelay, 0);
  return Object.freeze({
    name,
    schema: options.schema,
    timestamp: options.timestamp as SourcePlan['timestamp'],
    outOfOrdernessMs: options.outOfOrderness,
    maxFutureSkewMs,
    maxDelayMs: options.maxDelay,
    onBadRecord: badRecordPolicy(name, options.onBadRecord ?? 'deadLetter'),
  });
}

const SEGMENT_SPAN_WINDOWS = 16;

function stagePlan(
  draft: WindowedDraft,
  aggregate: StagePlan['aggregate'],
  options: StageOptions,
): Omit<StagePlan, 'sink'> {
  const { source, steps, key, window } = draft;
  const name = options.name ?? `${source.name}-${window.name}-${aggregate.name}`;
  const buckets = options.buckets ?? 4;
  const keysPerChunk = options.keysPerChunk ?? 500;
  const resolutionMs = options.resolution ?? gridOf(window);
  checkName('a stage', name);
  checkCount(`buckets of ${name}`, buckets, 1, 1024);
  checkCount(`keysPerChunk of ${name}`, keysPerChunk, 1, 10_000);
  checkDuration(`resolution of ${name}`, resolutionMs, 1);
  return {
    name,
    source: source.name,
    steps: Object.freeze([...steps]),
    key,
    window,
    aggregate: Object.freeze({ ...aggregate, codec: Object.freeze({ ...aggregate.codec }) }),
    buckets,
    resolutionMs,
    // One segment may hold the rows of so many windows in a row: a batch that spans hours of event
    // time would otherwise pay a write unit for each of its windows. See engine/segments.ts.
    segmentSpanMs: SEGMENT_SPAN_WINDOWS * window.sizeMs,
    keysPerChunk,
  };
}

/** The coarsest grid that every window end lies on: there are no other instants to look at. */
function gridOf(window: WindowAssigner): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  return gcd(window.sizeMs, Math.abs(window.offsetMs));
}

function badRecordPolicy(name: string, policy: string): SourcePlan['onBadRecord'] {
  if (policy === 'deadLetter' || policy === 'stop') return policy;
  throw new PlanError(
    'SETTING_INVALID',
    `onBadRecord of ${name} is ${JSON.stringify(policy)}`,
    "Give 'deadLetter' to set bad records aside, or 'stop' to wait at them.",
  );
}

const noSchema = (name: string): PlanError =>
  new PlanError(
    'SCHEMA_INVALID',
    `the schema of ${name} does not speak Standard Schema v1`,
    'Give a schema of zod, valibot, arktype or another library of https://standardschema.dev.',
  );

const noWindow = (): PlanError =>
  new PlanError(
    'WINDOW_INVALID',
    'window() was not given a window',
    'Give one such as TumblingWindow.of(5, MINUTES).',
  );

const noSink = (): PlanError =>
  new PlanError('SINK_INVALID', 'to() was not given a sink', "Give one such as table('results').");
