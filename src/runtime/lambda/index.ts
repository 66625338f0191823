/**
 * A plan as a Lambda function, with its metrics and log lines.
 *
 * @module tidemark/lambda
 */
export { emfLines, type MetricsTarget, type WriteLine } from '../../observability/emf.ts';
export type { StageFigures } from '../../observability/figures.ts';
export {
  type JsonLoggerOptions,
  jsonLogger,
  type LogFields,
  type Logger,
  type LogLevel,
} from '../../observability/logger.ts';
export { METRIC_NAMESPACE, type MetricName } from '../../observability/metric-names.ts';
export { type PowertoolsMetrics, powertoolsMetrics } from '../../observability/powertools.ts';
export {
  type BatchResponse,
  type Handler,
  type InvocationContext,
  type LambdaOptions,
  lambdaHandler,
  type MappedSource,
} from './handler.ts';
export type { WatchOptions } from './watch.ts';
