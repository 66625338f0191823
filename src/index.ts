export * from './errors.ts';
export type { Observation, Observer } from './observability/observer.ts';
export type { Aggregate } from './operators/aggregate.ts';
export type { Schema } from './schema/standard-schema.ts';
export type { DeadLetter, DeadLetterReason, DeadLetterSink } from './sinks/dead-letter-sink.ts';
export type { Output, OutputIdentity, Sink } from './sinks/sink.ts';
export type { LogRecord, Probe, Shard, Source } from './sources/source.ts';
export type {
  Change,
  Condition,
  Item,
  Key,
  Page,
  Range,
  Store,
  TableRole,
  Value,
} from './store/store.ts';
export { DAYS, formatDuration, HOURS, MILLISECONDS, MINUTES, SECONDS } from './time/duration.ts';
export type { EventTimeLike } from './time/event-time.ts';
export { describe } from './topology/describe.ts';
export { describeJson, type PlanDescription } from './topology/describe-json.ts';
export { describeMermaid } from './topology/describe-mermaid.ts';
export { lateEvents, pipeline, table } from './topology/pipeline.ts';
export type {
  BadRecordPolicy,
  LatePlan,
  Plan,
  SideSinkPlan,
  SinkPlan,
  SourcePlan,
  StagePlan,
} from './topology/plan.ts';
export type {
  KeyedStream,
  PipelineBuilder,
  Results,
  StageOptions,
  Stream,
  StreamOptions,
  WindowedStream,
  WindowResult,
} from './topology/stream.ts';
export { HoppingWindow } from './windows/hopping.ts';
export { SessionWindow } from './windows/session.ts';
export { SlidingWindow } from './windows/sliding.ts';
export { TumblingWindow, type WindowOptions } from './windows/tumbling.ts';
export type { Window, WindowKind } from './windows/window.ts';
