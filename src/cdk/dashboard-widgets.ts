import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { MetricName } from '../observability/metric-names.ts';
import type { StagePlan } from '../topology/plan.ts';
import { costPerMillion, type Prices } from './cost.ts';
import { stageMetric, tableMetric } from './metrics.ts';
import {
  firingStages,
  gatheringStages,
  stateTables,
  type WatchedPipeline,
  writtenTables,
} from './watched.ts';

const MINUTE = Duration.minutes(1);
const HOUR = Duration.hours(1);
/** A third of the width of a dashboard. */
const WIDTH = 8;

/** The widgets under the heading, row by row: three questions a row. */
export const widgetRows = (pipeline: WatchedPipeline, prices: Prices): cloudwatch.IWidget[][] => [
  [freshness(pipeline), watermarks(pipeline), iteratorAge(pipeline)],
  [throughput(pipeline), lateShare(pipeline), setAside(pipeline)],
  [firing(pipeline), firingLatency(pipeline), heldBack(pipeline)],
  [functionErrors(pipeline), durations(pipeline), retries(pipeline)],
  [tableWrites(pipeline), tableThrottles(pipeline), cost(pipeline, prices)],
];

function graph(
  title: string,
  left: readonly cloudwatch.IMetric[],
  label: string,
): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({
    title,
    left: [...left],
    leftYAxis: { label, min: 0, showUnits: false },
    width: WIDTH,
  });
}

/** One line a stage. */
const lines = (
  { plan }: WatchedPipeline,
  stages: readonly StagePlan[],
  name: MetricName,
  options: cloudwatch.MetricOptions = {},
  label = '',
): cloudwatch.Metric[] =>
  stages.map((stage) =>
    stageMetric(plan, stage.name, name, {
      period: MINUTE,
      label: label === '' ? stage.name : `${stage.name} ${label}`,
      ...options,
    }),
  );

const freshness = (pipeline: WatchedPipeline) =>
  graph(
    'Freshness: from complete to out',
    ['p50', 'p99'].flatMap((statistic) =>
      lines(pipeline, firingStages(pipeline.plan), 'EndToEndLatency', { statistic }, statistic),
    ),
    'ms',
  );

const watermarks = (pipeline: WatchedPipeline) =>
  graph(
    'Watermark lag: event time behind arrival',
    lines(pipeline, gatheringStages(pipeline.plan), 'WatermarkLag'),
    'ms',
  );

const iteratorAge = ({ gather }: WatchedPipeline) =>
  graph(
    'Iterator age: the oldest record read',
    [gather.function.metric('IteratorAge', { statistic: 'Maximum', period: MINUTE, label: 'age' })],
    'ms',
  );

function throughput(pipeline: WatchedPipeline): cloudwatch.IWidget {
  const incoming = pipeline.sources.flatMap(({ name, incomingRecords: metric }) =>
    metric === undefined ? [] : [{ metric, label: `${name} incoming` }],
  );
  const gathered = lines(pipeline, gatheringStages(pipeline.plan), 'RecordsGathered').map(
    (metric) => ({ metric, label: `${metric.label} gathered` }),
  );
  return graph('Throughput', [...incoming, ...gathered].map(perSecond), 'records a second');
}

const perSecond = (
  { metric, label }: { readonly metric: cloudwatch.IMetric; readonly label: string },
  n: number,
): cloudwatch.MathExpression =>
  new cloudwatch.MathExpression({
    expression: `count${n} / PERIOD(count${n})`,
    usingMetrics: { [`count${n}`]: metric },
    label,
    period: MINUTE,
  });

function lateShare({ plan }: WatchedPipeline): cloudwatch.IWidget {
  const shares = gatheringStages(plan).map(
    ({ name }, n) =>
      new cloudwatch.MathExpression({
        // Without a third argument it says nothing where nothing came in.
        expression: `IF(records${n} > 0, 100 * late${n} / records${n})`,
        usingMetrics: {
          [`late${n}`]: stageMetric(plan, name, 'RecordsLate'),
          [`records${n}`]: stageMetric(plan, name, 'RecordsGathered'),
        },
        label: name,
        period: MINUTE,
      }),
  );
  return graph('Late share', shares, '% of records');
}

function setAside(pipeline: WatchedPipeline): cloudwatch.IWidget {
  const stages = gatheringStages(pipeline.plan);
  return graph(
    'In no result',
    [
      ...lines(pipeline, stages, 'DeadLetters', {}, 'dead letters'),
      ...lines(pipeline, stages, 'RecordsLate', {}, 'late'),
      ...lines(pipeline, stages, 'RecordsFiltered', {}, 'filtered'),
    ],
    'records',
  );
}

function firing(pipeline: WatchedPipeline): cloudwatch.IWidget {
  const stages = firingStages(pipeline.plan);
  return graph(
    'Firing',
    [
      ...lines(pipeline, stages, 'WindowsFired', {}, 'results'),
      ...lines(pipeline, stages, 'SlotsFired', {}, 'slots'),
      ...lines(pipeline, stages, 'FailedFirings', {}, 'failed'),
    ],
    'count',
  );
}

const firingLatency = (pipeline: WatchedPipeline) =>
  graph(
    'Firing latency: from closed to fired',
    ['p50', 'p99'].flatMap((statistic) =>
      lines(pipeline, firingStages(pipeline.plan), 'FiringLatency', { statistic }, statistic),
    ),
    'ms',
  );

const heldBack = (pipeline: WatchedPipeline) =>
  graph(
    'Watermark held back by one lane',
    lines(pipeline, gatheringStages(pipeline.plan), 'LaneHeldBack'),
    'ms',
  );

const functionsOf = ({ gather, fire }: WatchedPipeline) => [
  { name: 'gather', fn: gather.function },
  { name: 'fire', fn: fire.function },
];

const functionErrors = (pipeline: WatchedPipeline) =>
  graph(
    'Function errors and throttles',
    functionsOf(pipeline).flatMap(({ name, fn }) => [
      fn.metricErrors({ statistic: 'Sum', period: MINUTE, label: `${name} errors` }),
      fn.metricThrottles({ statistic: 'Sum', period: MINUTE, label: `${name} throttles` }),
    ]),
    'invocations',
  );

const durations = (pipeline: WatchedPipeline) =>
  graph(
    'Function duration',
    functionsOf(pipeline).flatMap(({ name, fn }) =>
      ['p50', 'p99'].map((statistic) =>
        fn.metricDuration({ statistic, period: MINUTE, label: `${name} ${statistic}` }),
      ),
    ),
    'ms',
  );

function retries(pipeline: WatchedPipeline): cloudwatch.IWidget {
  const { stages } = pipeline.plan;
  return graph(
    'Work done again',
    [
      ...lines(pipeline, gatheringStages(pipeline.plan), 'AttemptsAborted', {}, 'attempts aborted'),
      ...lines(pipeline, stages, 'ConditionalFailures', {}, 'writes refused'),
    ],
    'count',
  );
}

const tableWrites = (pipeline: WatchedPipeline) =>
  graph(
    'Write units by table',
    writtenTables(pipeline).map(([name, table]) =>
      tableMetric(table, 'ConsumedWriteCapacityUnits', { period: MINUTE, label: name }),
    ),
    'units',
  );

const tableThrottles = (pipeline: WatchedPipeline) =>
  graph(
    'Table throttles',
    [
      ...stateTables(pipeline).map(([name, table]) =>
        tableMetric(table, 'ReadThrottleEvents', { period: MINUTE, label: `${name} reads` }),
      ),
      ...writtenTables(pipeline).map(([name, table]) =>
        tableMetric(table, 'WriteThrottleEvents', { period: MINUTE, label: `${name} writes` }),
      ),
    ],
    'requests',
  );

function cost(pipeline: WatchedPipeline, prices: Prices): cloudwatch.IWidget {
  const perMillion = costPerMillion(pipeline, prices, { period: HOUR });
  return graph(
    'Cost per million events: functions and tables',
    perMillion ? [perMillion] : [],
    'USD',
  );
}
