import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { MetricName } from '../observability/metric-names.ts';
import type { Prices } from '../prices.ts';
import type { StagePlan } from '../topology/plan.ts';
import { costPerMillion } from './cost.ts';
import { graph, lines, MINUTE, perRecords, perSecond } from './dashboard-graph.ts';
import { tableMetric } from './metrics.ts';
import {
  firingStages,
  gatheringStages,
  stateTables,
  type WatchedPipeline,
  writtenTables,
} from './watched.ts';

const HOUR = Duration.hours(1);
/** The widgets under the heading, row by row: three questions a row. */
export const widgetRows = (pipeline: WatchedPipeline, prices: Prices): cloudwatch.IWidget[][] => [
  [freshness(pipeline), watermarks(pipeline), iteratorAge(pipeline)],
  [throughput(pipeline), lateShare(pipeline), setAside(pipeline)],
  [firing(pipeline), firingLatency(pipeline), heldBack(pipeline)],
  [functionErrors(pipeline), durations(pipeline), retries(pipeline)],
  [tableWrites(pipeline), tableThrottles(pipeline), cost(pipeline, prices)],
  [openWindows(pipeline), steps(pipeline), writesPerRecord(pipeline)],
];

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
  const bytes = lines(pipeline, gatheringStages(pipeline.plan), 'BytesGathered').map((metric) => ({
    metric,
    label: `${metric.label} bytes`,
  }));
  return graph(
    'Throughput',
    [...incoming, ...gathered].map(perSecond('count')),
    'records a second',
    {
      metrics: bytes.map(perSecond('bytes')),
      label: 'bytes a second',
    },
  );
}

const lateShare = (pipeline: WatchedPipeline) =>
  graph(
    'Late share',
    [
      ...perRecords(pipeline, 'RecordsLate', { per: 100, label: 'too late', id: 'late' }),
      ...perRecords(pipeline, 'LateAllowed', { per: 100, label: 'allowed', id: 'allowed' }),
    ],
    '% of records',
  );

function setAside(pipeline: WatchedPipeline): cloudwatch.IWidget {
  const stages = gatheringStages(pipeline.plan);
  return graph(
    'In no result',
    [
      ...lines(pipeline, pipeline.plan.stages, 'DeadLetters', {}, 'dead letters'),
      ...lines(pipeline, stages, 'LateDropped', {}, 'late, dropped'),
      ...lines(pipeline, stages, 'LateSideOutput', {}, 'late, kept aside'),
      ...lines(pipeline, stages, 'RecordsFiltered', {}, 'filtered'),
      ...lines(pipeline, stages, 'RecordsRepeated', {}, 'sent again'),
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
    [
      ...['p50', 'p99'].flatMap((statistic) =>
        lines(pipeline, firingStages(pipeline.plan), 'FiringLatency', { statistic }, statistic),
      ),
      ...lines(pipeline, firingStages(pipeline.plan), 'FiringLag', {}, 'longest wait'),
    ],
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

const openWindows = (pipeline: WatchedPipeline) =>
  graph(
    'Open windows: slots not closed yet',
    lines(pipeline, gatheringStages(pipeline.plan), 'OpenWindows'),
    'slots',
  );

/** What the time of a function goes to. */
function steps(pipeline: WatchedPipeline): cloudwatch.IWidget {
  const { plan } = pipeline;
  const average = (stages: readonly StagePlan[], names: readonly MetricName[]) =>
    names.flatMap((name) => lines(pipeline, stages, name, { statistic: 'Average' }, stepOf(name)));
  return graph(
    'Duration by step: average',
    [
      ...average(gatheringStages(plan), GATHERING),
      ...average(firingStages(plan), FIRING),
      ...average(plan.stages, ['TickDuration']),
    ],
    'ms',
  );
}

const GATHERING: readonly MetricName[] = [
  'ClaimDuration',
  'FoldDuration',
  'WriteDuration',
  'CommitDuration',
  'AdvanceDuration',
];
const FIRING: readonly MetricName[] = ['FireDuration', 'EmitDuration'];

const stepOf = (name: MetricName): string => name.replace('Duration', '').toLowerCase();

const writesPerRecord = (pipeline: WatchedPipeline) =>
  graph(
    'What a thousand records take',
    [
      ...perRecords(pipeline, 'WriteUnits', { per: 1_000, label: 'write units', id: 'units' }),
      ...perRecords(pipeline, 'SegmentsWritten', { per: 1_000, label: 'segments', id: 'segments' }),
      ...perRecords(pipeline, 'Batches', { per: 1_000, label: 'batches', id: 'batches' }),
    ],
    'for 1,000 records',
  );
