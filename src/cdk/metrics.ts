import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import {
  GAUGES,
  METRIC_DIMENSIONS,
  METRIC_NAMESPACE,
  METRIC_UNITS,
  type MetricName,
} from '../observability/metric-names.ts';
import type { AnyTable } from './tables.ts';
import type { WatchedPipeline } from './watched.ts';

/**
 * What the functions of a pipeline tell about one of its stages. Counts and bytes are added up, of
 * durations and of how many there are the greatest is taken, unless `options` say otherwise.
 */
export function stageMetric(
  { pipelineName }: Pick<WatchedPipeline, 'pipelineName'>,
  stage: string,
  name: MetricName,
  options: cloudwatch.MetricOptions = {},
): cloudwatch.Metric {
  const [pipelineDimension, stageDimension] = METRIC_DIMENSIONS;
  return new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName: name,
    dimensionsMap: { [pipelineDimension]: pipelineName, [stageDimension]: stage },
    statistic: isAddedUp(name) ? 'Sum' : 'Maximum',
    ...options,
  });
}

const isAddedUp = (name: MetricName): boolean =>
  METRIC_UNITS[name] !== 'Milliseconds' && !GAUGES.includes(name);

/** What DynamoDB tells about a table, added up. */
export const tableMetric = (
  { tableName }: Pick<AnyTable, 'tableName'>,
  metricName: string,
  options: cloudwatch.MetricOptions = {},
): cloudwatch.Metric =>
  new cloudwatch.Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap: { TableName: tableName },
    statistic: 'Sum',
    ...options,
  });
