import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { MetricName } from '../observability/metric-names.ts';
import type { StagePlan } from '../topology/plan.ts';
import { stageMetric } from './metrics.ts';
import { gatheringStages, type WatchedPipeline } from './watched.ts';

export const MINUTE = Duration.minutes(1);
/** A third of the width of a dashboard. */
const WIDTH = 8;

/** A widget of lines, each with its unit on the left, or on the right. */
export function graph(
  title: string,
  left: readonly cloudwatch.IMetric[],
  label: string,
  right?: { readonly metrics: readonly cloudwatch.IMetric[]; readonly label: string },
): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({
    title,
    left: [...left],
    leftYAxis: { label, min: 0, showUnits: false },
    ...(right && {
      right: [...right.metrics],
      rightYAxis: { label: right.label, min: 0, showUnits: false },
    }),
    width: WIDTH,
  });
}

/** One line a stage. */
export const lines = (
  pipeline: WatchedPipeline,
  stages: readonly StagePlan[],
  name: MetricName,
  options: cloudwatch.MetricOptions = {},
  label = '',
): cloudwatch.Metric[] =>
  stages.map((stage) =>
    stageMetric(pipeline, stage.name, name, {
      period: MINUTE,
      label: label === '' ? stage.name : `${stage.name} ${label}`,
      ...options,
    }),
  );

interface Labelled {
  readonly metric: cloudwatch.IMetric;
  readonly label: string;
}

/** The rate of a count. */
export const perSecond =
  (prefix: string) =>
  ({ metric, label }: Labelled, n: number): cloudwatch.MathExpression =>
    new cloudwatch.MathExpression({
      expression: `${prefix}${n} / PERIOD(${prefix}${n})`,
      usingMetrics: { [`${prefix}${n}`]: metric },
      label,
      period: MINUTE,
    });

/** One line a stage: so many of something for `per` records. */
export const perRecords = (
  pipeline: WatchedPipeline,
  name: MetricName,
  { per, label, id }: { readonly per: number; readonly label: string; readonly id: string },
): cloudwatch.MathExpression[] =>
  gatheringStages(pipeline.plan).map(
    (stage, n) =>
      new cloudwatch.MathExpression({
        // Without a third argument it says nothing where nothing came in.
        expression: `IF(records${n} > 0, ${per} * FILL(${id}${n}, 0) / records${n})`,
        usingMetrics: {
          [`${id}${n}`]: stageMetric(pipeline, stage.name, name),
          [`records${n}`]: stageMetric(pipeline, stage.name, 'RecordsGathered'),
        },
        label: `${stage.name} ${label}`,
        period: MINUTE,
      }),
  );
