import { PlanError } from '../errors.ts';
import type { AnyAggregate } from '../operators/aggregate.ts';
import { alignedWindows } from '../operators/aligned-windows.ts';
import type { Operator } from '../operators/operator.ts';
import { perEventWindows } from '../operators/per-event-windows.ts';
import { sessions } from '../operators/sessions.ts';
import { updatingWindows } from '../operators/updating-windows.ts';
import type { Schema } from '../schema/standard-schema.ts';
import { MINUTES } from '../time/duration.ts';
import type { WindowKind } from '../windows/window.ts';
import { aggregations } from './aggregations.ts';
import { deepFreeze } from './freeze.ts';
import type {
  LatePlan,
  Plan,
  SideSinkPlan,
  SinkPlan,
  SourcePlan,
  StagePlan,
  Step,
} from './plan.ts';
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

/**
 * A place for late events, raw as they came, for `sideOutput`. The runtime gives the sink of this name.
 *
 * @throws PlanError SINK_INVALID
 */
export function lateEvents(name: string): SideSinkPlan {
  checkTableName(name);
  return Object.freeze({ kind: 'late', name });
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
  readonly window: WindowKind;
  readonly late: LatePlan;
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
    window: (window: WindowKind) => {
      if (!WINDOW_KINDS.includes(window?.kind)) throw noWindow();
      return windowed({ ...draft, window, late: DROPPED });
    },
  });
}

const WINDOW_KINDS: readonly string[] = ['aligned', 'session', 'perEvent'];

const DROPPED: LatePlan = { allowedLatenessMs: 0, emitEveryMs: 0, sideOutput: undefined };

function windowed(draft: WindowedDraft): WindowedStream<unknown> {
  const compute = aggregations((aggregate, options) =>
    results(draft, windowOperator(draft, aggregate), options),
  );
  const later = (late: Partial<LatePlan>): WindowedStream<unknown> =>
    windowed({ ...draft, late: { ...draft.late, ...late } });
  return Object.freeze({
    ...compute,
    allowedLateness: (allowedLatenessMs: number) => {
      checkDuration('the allowed lateness', allowedLatenessMs, 0);
      if (allowedLatenessMs > 0) checkUpdates(draft.window);
      return later({ allowedLatenessMs });
    },
    sideOutput: (sideOutput: SideSinkPlan) => {
      if (sideOutput?.kind !== 'late') throw noSideSink();
      return later({ sideOutput });
    },
    emit: ({ every }: { readonly every: number }) => {
      checkDuration('the time between early results', every, 1);
      if (draft.window.kind === 'session') throw noEarlySessions();
      checkUpdates(draft.window);
      return later({ emitEveryMs: every });
    },
  });
}

function windowOperator({ window, late }: WindowedDraft, aggregate: AnyAggregate): Operator {
  if (window.kind === 'session') return sessions({ ...window, ...late }, aggregate) as Operator;
  if (window.kind === 'perEvent') return perEventWindows(window, aggregate) as Operator;
  const isUpdated = late.allowedLatenessMs > 0 || late.emitEveryMs > 0;
  const operator = isUpdated
    ? updatingWindows(window, aggregate, late)
    : alignedWindows(window, aggregate);
  return operator as Operator;
}

function results(
  draft: WindowedDraft,
  operator: Operator,
  options: StageOptions = {},
): Results<unknown> {
  const stage = stagePlan(draft, operator, options);
  return Object.freeze({
    to: (sink: SinkPlan): Plan => {
      if (sink?.kind !== 'table') throw noSink();
      return deepFreeze({
        name: draft.pipeline,
        sources: [draft.source],
        stages: [{ ...stage, sink }],
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

function stagePlan(
  draft: WindowedDraft,
  operator: Operator,
  options: StageOptions,
): Omit<StagePlan, 'sink'> {
  const { source, steps, key, late } = draft;
  const name = options.name ?? `${source.name}-${operator.name}`;
  const buckets = options.buckets ?? 4;
  const keysPerChunk = options.keysPerChunk ?? 500;
  const resolutionMs = options.resolution ?? operator.resolutionMs;
  checkName('a stage', name);
  checkCount(`buckets of ${name}`, buckets, 1, 1024);
  checkCount(`keysPerChunk of ${name}`, keysPerChunk, 1, 10_000);
  checkDuration(`resolution of ${name}`, resolutionMs, 1);
  return {
    name,
    source: source.name,
    steps,
    key,
    operator,
    late,
    buckets,
    resolutionMs,
    keysPerChunk,
  };
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

function checkUpdates(window: WindowKind): void {
  if (window.kind !== 'perEvent') return;
  throw new PlanError(
    'WINDOW_INVALID',
    'updates are wanted of sliding windows',
    'Choose a greater outOfOrderness: the windows of an event are told once, when they are complete.',
  );
}

const noSideSink = (): PlanError =>
  new PlanError(
    'SINK_INVALID',
    'sideOutput() was not given a place for late events',
    "Give one such as lateEvents('late-clicks').",
  );

const noEarlySessions = (): PlanError =>
  new PlanError(
    'WINDOW_INVALID',
    'early results are wanted of sessions',
    'Leave out emit(): a session that is still open has no end, so its row could not be told apart.',
  );

const noSink = (): PlanError =>
  new PlanError('SINK_INVALID', 'to() was not given a sink', "Give one such as table('results').");
