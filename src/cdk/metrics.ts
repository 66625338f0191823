import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import {
  METRIC_DIMENSIONS,
  METRIC_NAMESPACE,
  METRIC_UNITS,
  type MetricName,
} from '../observability/metric-names.ts';
import type { Plan } from '../topology/plan.ts';
import type { AnyTable } from './tables.ts';

/**
 * What the functions of a plan tell about one of its stages. Counts and bytes are added up, of
 * durations the greatest is taken, unless `options` say otherwise.
 */
export function stageMetric(
  plan: Pick<Plan, 'name'>,
  stage: string,
  name: MetricName,
  options: cloudwatch.MetricOptions = {},
): cloudwatch.Metric {
  const [pipelineDimension, stageDimension] = METRIC_DIMENSIONS;
  return new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName: name,
    dimensionsMap: { [pipelineDimension]: plan.name, [stageDimension]: stage },
    statistic: METRIC_UNITS[name] === 'Milliseconds' ? 'Maximum' : 'Sum',
    ...options,
  });
}

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
