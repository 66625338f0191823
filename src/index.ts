/**
 * Pipelines as plain data: streams, windows, aggregates, joins, tables, state machines. It imports no other
 * package; what runs a plan is in the other export paths.
 *
 * @module tidemark
 */
export * from './errors.ts';
export type { LookupKey, LookupTable } from './lookups/lookup.ts';
export type { Observation, Observer } from './observability/observer.ts';
export type { Aggregate, AnyAggregate, At } from './operators/aggregate.ts';
export { average, count, max, min, sum } from './operators/aggregates.ts';
export {
  type ApproximateDistinctOptions,
  approximateDistinct,
} from './operators/approximate-distinct.ts';
export { collect } from './operators/collect.ts';
export type { Combined, Parts } from './operators/combined.ts';
export type { CustomAggregate } from './operators/custom.ts';
export { distinct, type HeldOptions } from './operators/distinct.ts';
export {
  type AppliedAt,
  type AuditEntry,
  type Evolution,
  evolution,
} from './operators/evolution.ts';
export { aggregate } from './operators/make-aggregate.ts';
export type { Origin } from './operators/operator.ts';
export { first, last, maxBy, minBy } from './operators/pick.ts';
export type {
  KeyState,
  ProcessContext,
  ProcessFunctions,
  SideOutputs,
} from './operators/process-context.ts';
export { type Quantiles, type QuantilesOptions, quantiles } from './operators/quantiles.ts';
export { type ReduceOptions, reduce } from './operators/reduce.ts';
export { type HistoryOptions, history, type ReplayOptions, replay } from './operators/replay.ts';
export type { Scalar } from './operators/scalar.ts';
export { sumDecimal } from './operators/sum-decimal.ts';
export type { Timer } from './operators/timers.ts';
export { type Ranked, type TopKOptions, topK } from './operators/top-k.ts';
export { standardDeviation, type VarianceOptions, variance } from './operators/variance.ts';
export type { ByteReader, ByteWriter } from './schema/bytes.ts';
export { type Codec, countCodec, numberCodec } from './schema/codec.ts';
export type { FieldKind, FieldKinds, FieldsSchema, WithFields } from './schema/fields.ts';
export { jsonCodec } from './schema/json-codec.ts';
export type { Shape } from './schema/shape.ts';
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
export { fields } from './topology/fields.ts';
export type { Joined, JoinInterval, OuterJoined } from './topology/joined.ts';
export { type LookedUp, type LookupOptions, type RowsOf, rowsOf } from './topology/lookup.ts';
export type {
  DedupeOptions,
  EvolveOptions,
  GroupOptions,
  JoinOptions,
  LateOptions,
  ProcessOptions,
  StageOptions,
  TableOptions,
} from './topology/options.ts';
export { combine, lateEvents, pipeline } from './topology/pipeline.ts';
export type {
  BadRecordPolicy,
  From,
  InputPlan,
  LatePlan,
  LookupPlan,
  OutputPlan,
  Plan,
  SideSinkPlan,
  SinkKind,
  SinkPlan,
  SourcePlan,
  StagePlan,
  Step,
} from './topology/plan.ts';
export type { Pointer, RowChange } from './topology/row-change.ts';
export { custom, objects, push, queue, stream, table, topic } from './topology/sinks.ts';
export type {
  Aggregations,
  Branches,
  Evolved,
  GroupedTable,
  KeyedStream,
  Made,
  NameMissing,
  PipelineBuilder,
  Processed,
  Results,
  Stream,
  Table,
  WindowedStream,
} from './topology/stream.ts';
export type {
  ArrivalTimeOptions,
  EventTimeOptions,
  ProcessingTimeOptions,
  StreamOptions,
} from './topology/stream-options.ts';
export type { TimeNotion } from './topology/time-notion.ts';
export type { WindowResult } from './topology/window-result.ts';
export { HoppingWindow } from './windows/hopping.ts';
export { SessionWindow } from './windows/session.ts';
export { SlidingWindow } from './windows/sliding.ts';
export { TumblingWindow, type WindowOptions } from './windows/tumbling.ts';
export type { Window, WindowKind } from './windows/window.ts';
