/**
 * Constructs of AWS CDK that deploy a plan. Needs aws-cdk-lib and constructs.
 *
 * @module tidemark/cdk
 */
export type { Resource } from '../environment.ts';
export { METRIC_UNITS, type MetricName } from '../observability/metric-names.ts';
export { LIST_PRICES, type Prices } from '../prices.ts';
export type { TableContent } from '../schema/table-keys.ts';
export type { AlarmThresholds } from './alarm-list.ts';
export { type AlarmSettings, PipelineAlarms, type PipelineAlarmsProps } from './alarms.ts';
export type { BoundSinks } from './bound-sinks.ts';
export {
  type BridgeProps,
  bridgeQueue,
  bridgeTable,
  grantIngest,
  type QueueBridgeProps,
  type TableBridgeProps,
} from './bridges.ts';
export type { FiringSettings } from './control-trigger.ts';
export {
  type DashboardSettings,
  PipelineDashboard,
  type PipelineDashboardProps,
} from './dashboard.ts';
export type { Deployment, DeploymentStage } from './deployment.ts';
export {
  type KinesisSourceSettings,
  kinesisSource,
  type MappingSettings,
} from './kinesis-source.ts';
export type { BoundLookup, LookupBinding, LookupContext } from './lookup-binding.ts';
export {
  busSink,
  type CustomSinkSettings,
  customSink,
  deliverySink,
  type MessageSinkSettings,
  type ObjectSinkSettings,
  objectSink,
  queueSink,
  topicSink,
} from './message-sinks.ts';
export { Pipeline } from './pipeline.ts';
export {
  type CodeSettings,
  type FunctionSettings,
  PipelineFunction,
  type PipelineFunctionProps,
} from './pipeline-function.ts';
export type { PipelineProps } from './pipeline-props.ts';
export {
  ConnectionTable,
  type ConnectionTableProps,
  type PushSinkSettings,
  pushSink,
} from './push-sink.ts';
export type { BoundSink, SinkBinding, SinkContext } from './sink-binding.ts';
export type { BoundSource, SourceBinding, SourceContext } from './source-binding.ts';
export { StateTables, type StateTablesProps } from './state-tables.ts';
export { type AnyBucket, StreamArchive, type StreamArchiveProps } from './stream-archive.ts';
export { type StreamSinkSettings, streamSink } from './stream-sink.ts';
export { type TableLookupSettings, tableLookup } from './table-lookup.ts';
export { tableSink } from './table-sink.ts';
export type { AnyTable, TableSettings } from './tables.ts';
export type { WatchedFunction, WatchedPipeline, WatchedSource } from './watched.ts';
