import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Duration, type Stack } from 'aws-cdk-lib/core';
import { describe, expect, test } from 'vitest';
import {
  kinesisSource,
  Pipeline,
  PipelineAlarms,
  PipelineDashboard,
  type WatchedPipeline,
} from '../../src/cdk/index.ts';
import { describe as describePlan, type Plan } from '../../src/index.ts';
import { METRIC_NAMESPACE, METRIC_UNITS } from '../../src/observability/metric-names.ts';
import { clicksPlan } from '../aws/plan.ts';
import { emptyStack, pipelineWith, resource, resources } from './synth.ts';

const ALARM = 'AWS::CloudWatch::Alarm';
const OPERATIONS = path.resolve(import.meta.dirname, '../../docs/operations.md');

const plain = pipelineWith();

interface Alarm {
  readonly AlarmDescription: string;
  readonly ComparisonOperator: string;
  readonly DatapointsToAlarm: number;
  readonly EvaluationPeriods: number;
  readonly MetricName: string;
  readonly Namespace: string;
  readonly Period: number;
  readonly Statistic: string;
  readonly Threshold: number;
  readonly TreatMissingData: string;
  readonly AlarmActions?: readonly unknown[];
  readonly OKActions?: readonly unknown[];
}

const alarmsIn = (stack: Stack): [string, Alarm][] =>
  Object.entries(resources(stack, ALARM)).map(([id, { Properties }]) => [
    id.replace(/^.*Alarms/, '').replace(/[0-9A-F]{8}$/, ''),
    Properties as unknown as Alarm,
  ]);

const alarmOf = (stack: Stack, name: string): Alarm =>
  resource(stack, ALARM, name).Properties as unknown as Alarm;

describe('the alarms', () => {
  test('of a plan, each in a line', () => {
    const lines = alarmsIn(plain.stack).map(([id, alarm]) => {
      const sign = alarm.ComparisonOperator.startsWith('Less') ? '<' : '>=';
      const when = `${alarm.DatapointsToAlarm} of ${alarm.EvaluationPeriods} x ${alarm.Period} s`;
      return `${id}: ${alarm.Statistic} of ${alarm.Namespace} ${alarm.MetricName} ${sign} ${alarm.Threshold}, ${when}, missing ${alarm.TreatMissingData}`;
    });
    expect(lines).toMatchInlineSnapshot(`
      [
        "IteratorAge: Maximum of AWS/Lambda IteratorAge >= 43200000, 2 of 2 x 300 s, missing ignore",
        "TickStopped: SampleCount of Tidemark TickDuration < 1, 3 of 3 x 300 s, missing breaching",
        "GivenUp: Maximum of AWS/SQS ApproximateNumberOfMessagesVisible >= 1, 1 of 1 x 300 s, missing notBreaching",
        "GatherErrors: Sum of AWS/Lambda Errors >= 1, 3 of 3 x 300 s, missing notBreaching",
        "GatherThrottles: Sum of AWS/Lambda Throttles >= 1, 3 of 3 x 300 s, missing notBreaching",
        "FireErrors: Sum of AWS/Lambda Errors >= 1, 3 of 3 x 300 s, missing notBreaching",
        "FireThrottles: Sum of AWS/Lambda Throttles >= 1, 3 of 3 x 300 s, missing notBreaching",
        "LaneBehindperpage: Maximum of Tidemark LaneHeldBack >= 900000, 2 of 2 x 300 s, missing notBreaching",
        "DeadLettersperpage: Sum of Tidemark DeadLetters >= 1, 1 of 1 x 300 s, missing notBreaching",
        "FiringLagperpage: Maximum of Tidemark FiringLag >= 300000, 3 of 3 x 300 s, missing notBreaching",
        "FailedFiringsperpage: Sum of Tidemark FailedFirings >= 1, 3 of 3 x 300 s, missing notBreaching",
        "ReadThrottlescontrol: Sum of AWS/DynamoDB ReadThrottleEvents >= 1, 3 of 3 x 300 s, missing notBreaching",
        "ReadThrottlesstate: Sum of AWS/DynamoDB ReadThrottleEvents >= 1, 3 of 3 x 300 s, missing notBreaching",
        "WriteThrottlescontrol: Sum of AWS/DynamoDB WriteThrottleEvents >= 1, 3 of 3 x 300 s, missing notBreaching",
        "WriteThrottlesstate: Sum of AWS/DynamoDB WriteThrottleEvents >= 1, 3 of 3 x 300 s, missing notBreaching",
        "WriteThrottlespageclicks: Sum of AWS/DynamoDB WriteThrottleEvents >= 1, 3 of 3 x 300 s, missing notBreaching",
        "WriteThrottleslateclicks: Sum of AWS/DynamoDB WriteThrottleEvents >= 1, 3 of 3 x 300 s, missing notBreaching",
        "WriteThrottlesdeadletters: Sum of AWS/DynamoDB WriteThrottleEvents >= 1, 3 of 3 x 300 s, missing notBreaching",
      ]
    `);
  });

  test('lead to steps that exist', () => {
    const headings = readFileSync(OPERATIONS, 'utf8').matchAll(/^### (.+)$/gm);
    const anchors = [...headings].map(([, text = '']) => text.toLowerCase().replaceAll(' ', '-'));
    const links = alarmsIn(plain.stack).map(
      ([, { AlarmDescription }]) =>
        /What to do: docs\/operations\.md#([\w-]+)$/.exec(AlarmDescription)?.[1],
    );
    expect(links.filter((anchor) => !anchors.includes(String(anchor)))).toEqual([]);
    // And no steps of an alarm that there is not.
    const alarmSteps = anchors.slice(anchors.indexOf('iterator-age'));
    expect([...new Set(links)].sort()).toEqual([...alarmSteps].sort());
  });

  test('are quiet where nothing happens; only a schedule that stopped is missed', () => {
    const breaching = alarmsIn(plain.stack).filter(
      ([, { TreatMissingData }]) => !['notBreaching', 'ignore'].includes(TreatMissingData),
    );
    expect(breaching.map(([id]) => id)).toEqual(['TickStopped']);
    // With no data, nothing is at or above a threshold that is above nothing.
    for (const [, alarm] of alarmsIn(plain.stack)) expect(alarm.Threshold).toBeGreaterThan(0);
  });

  test.each`
    retention              | threshold
    ${undefined}           | ${12 * 3_600_000}
    ${Duration.hours(168)} | ${84 * 3_600_000}
  `('warn of age at half of $retention', ({ retention, threshold }) => {
    const { stack } = pipelineWith((_, clicks) => ({
      sources: { clicks: kinesisSource(clicks, retention ? { retention } : {}) },
    }));
    expect(alarmOf(stack, 'IteratorAge').Threshold).toBe(threshold);
  });

  test('go by thresholds of one’s own, and tell whom they are told to', () => {
    const { stack } = pipelineWith((scope) => ({
      alarms: {
        iteratorAge: Duration.hours(1),
        heldBack: Duration.hours(2),
        firingLatency: Duration.minutes(1),
        deadLetters: 100,
        runbook: 'https://wiki.example.org/tidemark',
        actions: [new SnsAction(new Topic(scope, 'Topic'))],
      },
    }));
    expect(alarmOf(stack, 'IteratorAge').Threshold).toBe(3_600_000);
    expect(alarmOf(stack, 'LaneBehind').Threshold).toBe(7_200_000);
    expect(alarmOf(stack, 'FiringLag').Threshold).toBe(60_000);
    expect(alarmOf(stack, 'DeadLettersper').Threshold).toBe(100);
    for (const [, alarm] of alarmsIn(stack)) {
      expect(alarm.AlarmDescription).toContain('https://wiki.example.org/tidemark#');
      expect(alarm.AlarmActions).toEqual([{ Ref: expect.stringContaining('Topic') }]);
      expect(alarm.OKActions).toEqual(alarm.AlarmActions);
    }
  });

  test.each`
    every                   | period
    ${Duration.minutes(1)}  | ${300}
    ${Duration.minutes(3)}  | ${360}
    ${Duration.minutes(15)} | ${1_800}
    ${Duration.minutes(30)} | ${3_600}
    ${Duration.hours(1)}    | ${7_200}
  `('on what ticks tell have two ticks of $every in a period', ({ every, period }) => {
    const { stack } = pipelineWith(() => ({ tickEvery: every }));
    const periods = Object.fromEntries(alarmsIn(stack).map(([id, { Period }]) => [id, Period]));
    const { LaneBehindperpage, FiringLagperpage, FailedFiringsperpage, TickStopped } = periods;
    expect([LaneBehindperpage, FiringLagperpage, FailedFiringsperpage, TickStopped]).toEqual([
      period,
      period,
      period,
      period,
    ]);
    expect(periods).toMatchObject({ IteratorAge: 300, DeadLettersperpage: 300, FireErrors: 300 });
    for (const [, { Period, EvaluationPeriods }] of alarmsIn(stack)) {
      const days = Period >= 3_600 ? 7 : 1;
      expect(Period % 60).toBe(0);
      expect(Period * EvaluationPeriods).toBeLessThanOrEqual(days * 86_400);
    }
  });

  test('can be left out, and the dashboard too', () => {
    const { stack } = pipelineWith(() => ({ alarms: false, dashboard: false }));
    expect(resources(stack, ALARM)).toEqual({});
    expect(resources(stack, 'AWS::CloudWatch::Dashboard')).toEqual({});
  });
});

describe('the dashboard', () => {
  test('of a plan, widget by widget', async () => {
    const { Properties } = resource(plain.stack, 'AWS::CloudWatch::Dashboard');
    const body = filled(Properties.DashboardBody);
    // What describe() says has goldens of its own.
    const described = JSON.stringify(describePlan(clicksPlan())).slice(1, -1);
    expect(body).toContain(described);
    const widgets = JSON.parse(body.replace(described, 'the plan, described')) as object;
    await expect(JSON.stringify(widgets, null, 2)).toMatchFileSnapshot('goldens/dashboard.json');
  });

  test('goes by prices, a name and an interval of one’s own', () => {
    const { stack } = pipelineWith(() => ({
      dashboard: { name: 'clicks', prices: { writeUnits: 1 }, interval: Duration.days(1) },
    }));
    const { Properties } = resource(stack, 'AWS::CloudWatch::Dashboard');
    expect(Properties.DashboardName).toBe('clicks');
    const body = filled(Properties.DashboardBody);
    expect(body).toContain('"start":"-P1D"');
    expect(body).toContain('FILL(counted4, 0) * 0.000001"');
  });
});

describe('the dashboard of a large plan', () => {
  interface Widget {
    readonly type: string;
    readonly properties: {
      readonly title?: string;
      readonly alarms?: readonly string[];
      readonly metrics?: readonly unknown[];
    };
  }
  const widgetsOf = (stack: Stack): Widget[] => {
    const { Properties } = resource(stack, 'AWS::CloudWatch::Dashboard');
    return (JSON.parse(filled(Properties.DashboardBody)) as { widgets: Widget[] }).widgets;
  };

  test('shows each alarm once, a hundred in a widget at most', () => {
    const { stack } = pipelineWith(() => ({ plan: planOf(24) }));
    const states = widgetsOf(stack).filter(({ type }) => type === 'alarm');
    const shown = states.map(({ properties }) => properties.alarms?.length);
    const all = alarmsIn(stack).length;
    expect(all).toBeGreaterThan(100);
    expect(shown).toEqual([100, all - 100]);
    expect(new Set(states.flatMap(({ properties }) => properties.alarms)).size).toBe(all);
    expect(states.map(({ properties }) => properties.title)).toEqual([
      'Alarms, 1 of 2',
      'Alarms, 2 of 2',
    ]);
  });

  test('has no more metrics than CloudWatch takes, or is refused with a way out', () => {
    const { stack } = pipelineWith(() => ({ plan: planOf(50) }));
    const counts = widgetsOf(stack).map(({ properties }) => properties.metrics?.length ?? 0);
    expect(Math.max(...counts)).toBeLessThanOrEqual(500);
    expect(counts.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(2_500);
    expect(() => pipelineWith(() => ({ plan: planOf(60) }))).toThrow(
      expect.objectContaining({
        code: 'DASHBOARD_TOO_LARGE',
        message: expect.stringContaining('CloudWatch takes'),
        hint: expect.stringContaining('dashboard: false'),
      }),
    );
    expect(() => pipelineWith(() => ({ plan: planOf(60), dashboard: false }))).not.toThrow();
  });
});

/** So many stages, all with the sink of the first. */
function planOf(count: number): Plan {
  const plan = clicksPlan();
  const stages = Array.from({ length: count }, (_, n) =>
    plan.stages.map((stage) => ({ ...stage, name: `s${n}` })),
  );
  return { ...plan, stages: stages.flat() };
}

test('every metric that the functions emit is read, and none that they do not', () => {
  const { Properties } = resource(plain.stack, 'AWS::CloudWatch::Dashboard');
  const body = filled(Properties.DashboardBody);
  const shown = [...body.matchAll(/\["Tidemark","(\w+)"/g)].map(([, name]) => name);
  const watched = alarmsIn(plain.stack)
    .filter(([, { Namespace }]) => Namespace === METRIC_NAMESPACE)
    .map(([, { MetricName }]) => MetricName);
  expect(watched.length).toBeGreaterThan(3);
  expect([...new Set([...shown, ...watched])].sort()).toEqual(Object.keys(METRIC_UNITS).sort());
});

test('a tick has stopped when none gets to the last stage, whatever else is invoked', () => {
  const plan = clicksPlan();
  const stages = ['first', 'last'].flatMap((name) => plan.stages.map((one) => ({ ...one, name })));
  const { stack } = pipelineWith(() => ({ plan: { ...plan, stages } }));
  expect(alarmOf(stack, 'TickStopped')).toMatchObject({
    MetricName: 'TickDuration',
    Statistic: 'SampleCount',
    Dimensions: [
      { Name: 'pipeline', Value: 'Test/Pipeline' },
      { Name: 'stage', Value: 'last' },
    ],
    Threshold: 1,
    TreatMissingData: 'breaching',
  });
});

describe('what is not a Pipeline', () => {
  const watchedEvery = (tickEvery: Duration): { stack: Stack; watched: WatchedPipeline } => {
    const { stack, clicks } = emptyStack();
    const watched = {
      plan: clicksPlan(),
      gather: { function: LambdaFunction.fromFunctionName(stack, 'G', 'gather'), memoryMb: 1_024 },
      fire: { function: LambdaFunction.fromFunctionName(stack, 'F', 'fire'), memoryMb: 1_024 },
      sources: [
        {
          name: 'clicks',
          retention: Duration.hours(24),
          incomingRecords: clicks.metricIncomingRecords(),
        },
      ],
      control: TableV2.fromTableName(stack, 'C', 'control'),
      state: TableV2.fromTableName(stack, 'S', 'state'),
      pipelineName: 'mine',
      sinkTables: {},
      tickEvery,
    };
    return { stack, watched };
  };

  test('can be watched as well', () => {
    const { stack, watched } = watchedEvery(Duration.minutes(10));
    const { alarms } = new PipelineAlarms(stack, 'Alarms', { pipeline: watched });
    new PipelineDashboard(stack, 'Dashboard', { pipeline: watched, alarms });
    expect(alarmsIn(stack).map(([id]) => id)).not.toContain('GivenUp');
    expect(alarmOf(stack, 'TickStopped').Period).toBe(1_200);
    expect(resource(stack, 'AWS::CloudWatch::Dashboard')).toBeDefined();
  });

  test('may tick by a clock of its own', () => {
    const { stack, watched } = watchedEvery(Duration.seconds(170));
    new PipelineAlarms(stack, 'Alarms', { pipeline: watched });
    expect(alarmOf(stack, 'FiringLag').Period).toBe(360);
  });

  test('is refused alarms if it ticks less than once an hour', () => {
    const { stack, watched } = watchedEvery(Duration.hours(2));
    expect(() => new PipelineAlarms(stack, 'Alarms', { pipeline: watched })).toThrow(
      expect.objectContaining({
        code: 'SCHEDULE_INVALID',
        message: expect.stringContaining('7200000'),
      }),
    );
  });
});

describe('metrics', () => {
  test('are told by pipeline and stage', () => {
    const metric = plain.made.metric('RecordsLate', 'per-page').toMetricConfig().metricStat;
    expect(metric).toMatchObject({
      namespace: 'Tidemark',
      metricName: 'RecordsLate',
      statistic: 'Sum',
      dimensions: [
        { name: 'pipeline', value: 'Test/Pipeline' },
        { name: 'stage', value: 'per-page' },
      ],
    });
  });

  test('of one plan in two places are told apart, by the functions and by who watches', () => {
    const { stack, clicks, made } = pipelineWith();
    const { plan, entry } = { plan: clicksPlan(), entry: 'functions/clickstream/handler.ts' };
    const other = new Pipeline(stack, 'Other', { plan, entry, sources: { clicks } });
    const named = new Pipeline(stack, 'Named', {
      ...{ plan, entry, sources: { clicks } },
      pipelineName: 'mine',
    });
    expect([made, other, named].map(({ pipelineName }) => pipelineName)).toEqual([
      'Test/Pipeline',
      'Test/Other',
      'mine',
    ]);
    const told = Object.values(resources(stack, 'AWS::Lambda::Function')).flatMap((fn) => {
      const environment = JSON.stringify(fn.Properties.Environment ?? {});
      return /"pipeline\\+":\\+"([^\\]+)/.exec(environment)?.[1] ?? [];
    });
    expect(told.sort()).toEqual([
      'Test/Other',
      'Test/Other',
      'Test/Pipeline',
      'Test/Pipeline',
      'mine',
      'mine',
    ]);
  });

  test.each`
    method                     | name                 | statistic
    ${'metricRecordsGathered'} | ${'RecordsGathered'} | ${'Sum'}
    ${'metricDeadLetters'}     | ${'DeadLetters'}     | ${'Sum'}
    ${'metricWatermarkLag'}    | ${'WatermarkLag'}    | ${'Maximum'}
    ${'metricEndToEndLatency'} | ${'EndToEndLatency'} | ${'p99'}
  `('$method is the $statistic of $name', ({ method, name, statistic }) => {
    const { made } = plain;
    const metric = made[method as 'metricDeadLetters']('per-page');
    expect(metric).toMatchObject({ metricName: name, statistic });
  });

  test('that say how many there are now are not added up', () => {
    const { made } = plain;
    expect(made.metric('OpenWindows', 'per-page').statistic).toBe('Maximum');
    expect(made.metric('WindowsFired', 'per-page').statistic).toBe('Sum');
  });

  test('of the mapping go by the function that gathers', () => {
    expect(plain.made.metricIteratorAge()).toMatchObject({
      namespace: 'AWS/Lambda',
      metricName: 'IteratorAge',
      statistic: 'Maximum',
    });
  });

  test('of a stage that there is not are refused', () => {
    expect(() => plain.made.metric('RecordsLate', 'per-user')).toThrow(
      expect.objectContaining({ code: 'STAGE_UNKNOWN', hint: 'Choose from per-page.' }),
    );
  });
});

/** The dashboard's text, with references as the names of what they refer to, without hashes. */
function filled(value: unknown): string {
  const { 'Fn::Join': join } = value as {
    'Fn::Join': [string, (string | { Ref?: string; 'Fn::GetAtt'?: string[] })[]];
  };
  return join[1]
    .map((part) => {
      if (typeof part === 'string') return part;
      const name = part.Ref ?? part['Fn::GetAtt']?.join('.') ?? JSON.stringify(part);
      return name.replace(/[0-9A-F]{8}(?=\.|$)/, '');
    })
    .join(join[0]);
}
