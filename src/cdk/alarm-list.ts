import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration, Token } from 'aws-cdk-lib/core';
import { ConfigurationError } from '../errors.ts';
import { stageMetric, tableMetric } from './metrics.ts';
import type { AnyTable } from './tables.ts';
import { tickPeriod } from './tick-period.ts';
import {
  firingStages,
  gatheringStages,
  stateTables,
  type WatchedPipeline,
  writtenTables,
} from './watched.ts';

/** When an alarm goes off. Durations must be longer than what is normal for the pipeline. */
export interface AlarmThresholds {
  /** How old a record may be when it is read. Default: half of what the log keeps. */
  readonly iteratorAge?: Duration;
  /** How long the watermark of a stage may stand still while there are records to read. Default 15 minutes. */
  readonly heldBack?: Duration;
  /** How long a closed slot may wait to be fired. Default 5 minutes. */
  readonly firingLatency?: Duration;
  /** Dead letters in five minutes. Default 1. */
  readonly deadLetters?: number;
}

/** One alarm, as data. */
export interface Alarming {
  readonly id: string;
  /** Of its steps in docs/operations.md. */
  readonly anchor: string;
  /** What it means, in one sentence. */
  readonly says: string;
  readonly metric: cloudwatch.IMetric;
  /** It goes off at or above this, … */
  readonly atLeast?: number;
  /** … or below this. */
  readonly below?: number;
  /** So many periods in a row. */
  readonly periods: number;
  readonly missing: cloudwatch.TreatMissingData;
}

type Thresholds = Required<AlarmThresholds>;

const PERIOD = Duration.minutes(5);
const QUIET = cloudwatch.TreatMissingData.NOT_BREACHING;
/** Long enough that retries which work in the end do not count. */
const LASTING = { periods: 3, missing: QUIET };

/**
 * All alarms of a pipeline. Those on what only ticks tell have periods in which ticks come.
 *
 * @throws ConfigurationError SCHEDULE_INVALID if ticks come less than once an hour; ALARM_INVALID for a threshold
 *   that is always reached
 */
export function alarmsOf(pipeline: WatchedPipeline, chosen: AlarmThresholds): Alarming[] {
  checkThresholds(chosen);
  const thresholds = withDefaults(pipeline, chosen);
  return [
    ...triggerAlarms(pipeline, thresholds),
    ...functionAlarms(pipeline),
    ...gatheringAlarms(pipeline, thresholds),
    ...deadLetterAlarms(pipeline, thresholds),
    ...firingAlarms(pipeline, thresholds),
    ...stateTables(pipeline).map(([name, table]) => throttled('Read', name, table)),
    ...writtenTables(pipeline).map(([name, table]) => throttled('Write', name, table)),
  ];
}

/** At a threshold of nothing an alarm goes off as soon as there is data, and tells nobody anything. */
function checkThresholds({ iteratorAge, heldBack, firingLatency, deadLetters }: AlarmThresholds) {
  for (const [name, time] of Object.entries({ iteratorAge, heldBack, firingLatency })) {
    if (time === undefined || time.isUnresolved() || time.toMilliseconds() > 0) continue;
    const hint = 'Give a time that is longer than what is normal, such as Duration.minutes(15).';
    throw invalid(name, `${time.toMilliseconds()} ms`, hint);
  }
  if (deadLetters === undefined || Token.isUnresolved(deadLetters) || deadLetters > 0) return;
  throw invalid('deadLetters', String(deadLetters), 'Give a number of at least 1.');
}

const invalid = (name: string, value: string, hint: string): ConfigurationError =>
  new ConfigurationError('ALARM_INVALID', `the threshold ${name} of the alarms is ${value}`, hint);

function withDefaults({ sources }: WatchedPipeline, chosen: AlarmThresholds): Thresholds {
  const retentions = sources.map(({ retention }) => retention.toMilliseconds());
  return {
    iteratorAge: chosen.iteratorAge ?? Duration.millis(Math.min(...retentions) / 2),
    heldBack: chosen.heldBack ?? Duration.minutes(15),
    firingLatency: chosen.firingLatency ?? Duration.minutes(5),
    deadLetters: chosen.deadLetters ?? 1,
  };
}

function triggerAlarms(pipeline: WatchedPipeline, { iteratorAge }: Thresholds): Alarming[] {
  const { gather, givenUp, tickEvery } = pipeline;
  const age = gather.function.metric('IteratorAge', { statistic: 'Maximum', period: PERIOD });
  const alarms: Alarming[] = [
    {
      id: 'IteratorAge',
      anchor: 'iterator-age',
      says: 'Records are read so late that the log may delete them before they are read.',
      metric: age,
      atLeast: iteratorAge.toMilliseconds(),
      periods: 2,
      // A function that is never invoked reports no age: whatever was, still is.
      missing: cloudwatch.TreatMissingData.IGNORE,
    },
    {
      id: 'TickStopped',
      anchor: 'tick-stopped',
      says: 'No tick has come to its end, the schedule’s or any other.',
      metric: lastOfTick(pipeline, tickPeriod(tickEvery)),
      below: 1,
      periods: 3,
      // The schedule runs whatever the stream does, so that no data means no tick.
      missing: cloudwatch.TreatMissingData.BREACHING,
    },
  ];
  if (givenUp === undefined) return alarms;
  return [
    ...alarms,
    {
      id: 'GivenUp',
      anchor: 'given-up',
      says: 'A trigger has given something up, and left word of it in the queue.',
      metric: givenUp.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: PERIOD,
      }),
      atLeast: 1,
      periods: 1,
      missing: QUIET,
    },
  ];
}

/**
 * How many ticks have looked after the last stage, and so after all: each is done in the order of the
 * plan. Invocations would not do, as changes of buckets come to the same function.
 */
function lastOfTick(pipeline: WatchedPipeline, period: Duration): cloudwatch.IMetric {
  const last = pipeline.plan.stages.at(-1)?.name ?? '';
  return stageMetric(pipeline, last, 'TickDuration', { statistic: 'SampleCount', period });
}

function functionAlarms({ gather, fire }: WatchedPipeline): Alarming[] {
  return [
    { name: 'Gather', role: 'gathers', watched: gather },
    { name: 'Fire', role: 'fires', watched: fire },
  ].flatMap(({ name, role, watched }) => [
    {
      ...LASTING,
      id: `${name}Errors`,
      anchor: 'function-errors',
      says: `The function that ${role} has been failing for a quarter of an hour.`,
      metric: watched.function.metricErrors({ statistic: 'Sum', period: PERIOD }),
      atLeast: 1,
    },
    {
      ...LASTING,
      id: `${name}Throttles`,
      anchor: 'function-throttles',
      says: `The function that ${role} is refused invocations.`,
      metric: watched.function.metricThrottles({ statistic: 'Sum', period: PERIOD }),
      atLeast: 1,
    },
  ]);
}

function gatheringAlarms(pipeline: WatchedPipeline, thresholds: Thresholds): Alarming[] {
  const { plan, tickEvery } = pipeline;
  const period = tickPeriod(tickEvery);
  return gatheringStages(plan).flatMap(({ name }) => [
    {
      id: `LaneBehind-${name}`,
      anchor: 'lane-behind',
      says: `There are records to read, but the watermark of stage ${name} stands still: one lane holds it back.`,
      metric: stageMetric(pipeline, name, 'LaneHeldBack', { period }),
      atLeast: thresholds.heldBack.toMilliseconds(),
      periods: 2,
      missing: QUIET,
    },
  ]);
}

/** Records while gathering, and results that a stage cannot take while firing. */
function deadLetterAlarms(pipeline: WatchedPipeline, thresholds: Thresholds): Alarming[] {
  return pipeline.plan.stages.map(({ name }) => ({
    id: `DeadLetters-${name}`,
    anchor: 'dead-letters',
    says: `Stage ${name} has set something aside that cannot be processed.`,
    metric: stageMetric(pipeline, name, 'DeadLetters', { period: PERIOD }),
    atLeast: thresholds.deadLetters,
    periods: 1,
    missing: QUIET,
  }));
}

/** Firings end with or without a tick, but what waits is told by ticks alone, and tried again by them. */
function firingAlarms(pipeline: WatchedPipeline, thresholds: Thresholds): Alarming[] {
  const { plan, tickEvery } = pipeline;
  const period = tickPeriod(tickEvery);
  return firingStages(plan).flatMap(({ name }) => [
    {
      ...LASTING,
      id: `FiringLag-${name}`,
      anchor: 'firing-lag',
      says: `Windows of stage ${name} are complete, but their results come late.`,
      metric: stageMetric(pipeline, name, 'FiringLag', { period }),
      atLeast: thresholds.firingLatency.toMilliseconds(),
    },
    {
      ...LASTING,
      id: `FailedFirings-${name}`,
      anchor: 'failed-firings',
      says: `A bucket of stage ${name} fails whenever it is fired.`,
      metric: stageMetric(pipeline, name, 'FailedFirings', { period }),
      atLeast: 1,
    },
  ]);
}

/** An alarm each: a sum would say nothing as long as one of the two never had data. */
const throttled = (way: 'Read' | 'Write', name: string, table: AnyTable): Alarming => ({
  ...LASTING,
  id: `${way}Throttles-${name}`,
  anchor: 'table-throttles',
  says: `DynamoDB refuses to ${way.toLowerCase()} the table ${name} as fast as it is asked.`,
  metric: tableMetric(table, `${way}ThrottleEvents`, { period: PERIOD }),
  atLeast: 1,
});
