import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { RESOURCES_VARIABLE, type Resource, type Resources } from '../environment.ts';
import { ConfigurationError } from '../errors.ts';
import type { MetricName } from '../observability/metric-names.ts';
import type { Plan } from '../topology/plan.ts';
import { checkPlan } from '../topology/plan-check.ts';
import { type AlarmSettings, PipelineAlarms } from './alarms.ts';
import { type BoundLookups, bindLookups } from './bound-lookups.ts';
import { type BoundSinks, bindSinks } from './bound-sinks.ts';
import { type BoundSources, bindSources } from './bound-sources.ts';
import { checkConcurrency, checkFiringConcurrency, checkSinks, checkSources } from './checks.ts';
import { ControlTrigger } from './control-trigger.ts';
import { type DashboardSettings, PipelineDashboard } from './dashboard.ts';
import { type Deployment, deploymentOf } from './deployment.ts';
import { given } from './given.ts';
import { GivenUpQueue } from './given-up-queue.ts';
import { stageMetric } from './metrics.ts';
import { checkOwnTables } from './own-tables.ts';
import { ACTIONS, grantLogs, grantOn, grantReadTable, grantWriteTable } from './permissions.ts';
import { PipelineFunction } from './pipeline-function.ts';
import type { PipelineProps } from './pipeline-props.ts';
import type { BoundSink } from './sink-binding.ts';
import { StateTables } from './state-tables.ts';
import type { AnyTable } from './tables.ts';
import { TickSchedule } from './tick-schedule.ts';
import type { WatchedPipeline, WatchedSource } from './watched.ts';

/**
 * A plan as it runs in AWS: its tables, one function that gathers from its streams and one that fires
 * and ticks, their triggers and rights, its alarms and its dashboard. The entry exports a handler made
 * by `lambdaHandler(plan, fromEnvironment(plan))`.
 *
 * @throws ConfigurationError SOURCE_MISSING, SOURCE_UNKNOWN, SOURCE_DUPLICATE, SINK_MISSING, SINK_UNKNOWN,
 *   LOOKUP_MISSING, LOOKUP_UNKNOWN, STAGE_DUPLICATE, RESOURCE_ELSEWHERE, TABLE_KEY, MAPPING_INVALID,
 *   CONCURRENCY_TOO_LOW, SCHEDULE_INVALID, REGION_UNKNOWN, DASHBOARD_TOO_LARGE for what would lose data, never run or not be deployed
 * @throws PlanError PLAN_INVALID
 */
export class Pipeline extends Construct implements WatchedPipeline {
  readonly plan: Plan;
  readonly pipelineName: string;
  /** Reads the streams: the target of their event source mappings. */
  readonly gather: PipelineFunction;
  /** Fires what is closed, and ticks. */
  readonly fire: PipelineFunction;
  readonly control: AnyTable;
  readonly state: AnyTable;
  readonly sources: readonly WatchedSource[];
  /** Where results, late events and dead letters go. */
  readonly sinks: BoundSinks;
  readonly sinkTables: Readonly<Record<string, AnyTable>>;
  /** What triggers gave up. */
  readonly givenUp: sqs.Queue;
  readonly tickEvery: Duration;
  readonly alarms: PipelineAlarms | undefined;
  readonly dashboard: PipelineDashboard | undefined;

  constructor(scope: Construct, id: string, props: PipelineProps) {
    super(scope, id);
    checkPlan(`the construct ${this.node.path}`, props.plan);
    checkSources(props);
    checkSinks(props);
    checkFiringConcurrency(props.fire ?? {});
    const deployment = deploymentFor(props);
    this.plan = props.plan;
    this.pipelineName = props.pipelineName ?? deployedName(this);
    this.tickEvery = props.tickEvery ?? Duration.minutes(1);
    ({ control: this.control, state: this.state } = props.stateTables ?? this.#createTables(props));
    checkOwnTables(this, props.plan, this);
    if (deployment.encryptionKey) grantLogs(this, deployment.encryptionKey);
    const queue = new GivenUpQueue(this, 'GivenUp', deployment);
    this.givenUp = queue.queue;
    this.gather = this.#createFunction('Gather', props, deployment);
    this.fire = this.#createFunction('Fire', props, deployment);
    const functions = { gather: this.gather.function, fire: this.fire.function };
    queue.grantSend(functions.gather);
    queue.grantSend(functions.fire);
    this.#grantProtocol();
    const givenUp = props.onFailure ?? queue;
    const bound = bindSources(this, props, { ...functions, givenUp });
    checkConcurrency(props.gather ?? {}, bound);
    this.sources = Object.entries(bound).map(([name, source]) => ({ name, ...source }));
    this.sinks = bindSinks(this, props, functions, deployment);
    this.sinkTables = tablesOf(this.sinks);
    this.#createTriggers(props, queue);
    this.#tellFunctions(bound, bindLookups(this, props, functions.gather));
    this.alarms = this.#createAlarms(props.alarms ?? true);
    this.dashboard = this.#createDashboard(props.dashboard ?? true);
  }

  /** Lets somebody read the results: of one sink, or of all. */
  grantReadResults(grantee: iam.IGrantable, sink?: string): void {
    const { results } = this.sinks;
    const names = sink === undefined ? Object.keys(results) : [sink];
    for (const name of names) own(results, name, 'SINK_UNKNOWN').grantRead(grantee);
  }

  /** Lets somebody read what was set aside: dead letters, and late events where they are kept. */
  grantReadDeadLetters(grantee: iam.IGrantable): void {
    const { deadLetters, lateEvents } = this.sinks;
    for (const sink of [deadLetters, ...Object.values(lateEvents)]) sink.grantRead(grantee);
  }

  /** Lets somebody see how far lanes and buckets are. */
  grantReadProgress(grantee: iam.IGrantable): iam.Grant {
    return grantReadTable(grantee, this.control);
  }

  /** Lets somebody tick by hand: invoke `fire` with `{"tidemark": "tick"}`. */
  grantInvokeTick(grantee: iam.IGrantable): iam.Grant {
    return grantOn(grantee, this.fire.function.functionArn, ACTIONS.invoke);
  }

  /**
   * What the functions tell about a stage; docs/operations.md lists the metrics.
   *
   * @throws ConfigurationError STAGE_UNKNOWN
   */
  metric(name: MetricName, stage: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const stages = Object.fromEntries(this.plan.stages.map((one) => [one.name, one]));
    return stageMetric(this, own(stages, stage, 'STAGE_UNKNOWN').name, name, options);
  }

  /** Records that a stage has taken. */
  metricRecordsGathered(stage: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('RecordsGathered', stage, options);
  }

  /** Records that a stage could not process. */
  metricDeadLetters(stage: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('DeadLetters', stage, options);
  }

  /** How far the watermark of a stage is behind the arrival of its records. */
  metricWatermarkLag(stage: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('WatermarkLag', stage, options);
  }

  /** From complete to out. The 99th percentile, unless options say otherwise. */
  metricEndToEndLatency(stage: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('EndToEndLatency', stage, { statistic: 'p99', ...options });
  }

  /** How old the oldest record of a batch is when it is read. */
  metricIteratorAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.gather.function.metric('IteratorAge', { statistic: 'Maximum', ...options });
  }

  #createTables({ stage, encryptionKey, tables }: PipelineProps): StateTables {
    return new StateTables(this, 'Tables', { ...tables, ...given({ stage, encryptionKey }) });
  }

  #createFunction(
    role: 'Gather' | 'Fire',
    props: PipelineProps,
    deployment: Deployment,
  ): PipelineFunction {
    const { does, settings, timeout } =
      role === 'Gather'
        ? { does: 'gathers', settings: props.gather, timeout: Duration.minutes(1) }
        : { does: 'fires and ticks', settings: props.fire, timeout: Duration.minutes(5) };
    return new PipelineFunction(this, role, {
      description: `Pipeline ${props.plan.name}: ${does}`,
      code: props,
      settings: settings ?? {},
      timeout,
      deployment,
      tracing: props.tracing ?? false,
    });
  }

  #grantProtocol(): void {
    const { gather, fire, control, state } = this;
    grantWriteTable(gather.function, control, ACTIONS.control);
    grantWriteTable(gather.function, state, ACTIONS.gatherState);
    grantWriteTable(fire.function, control, ACTIONS.control);
    grantWriteTable(fire.function, state, ACTIONS.fireState);
  }

  #createTriggers({ firing = {} }: PipelineProps, queue: GivenUpQueue): void {
    const { plan, control, tickEvery } = this;
    const fire = this.fire.function;
    const trigger = { plan, control, fire, givenUp: queue, settings: firing };
    new ControlTrigger(this, 'ControlStream', trigger);
    new TickSchedule(this, 'Tick', { function: fire, every: tickEvery, givenUp: queue });
  }

  #tellFunctions(sources: BoundSources, lookups: BoundLookups): void {
    const { control, state, sinks } = this;
    const resources: Resources = {
      pipeline: this.pipelineName,
      control: control.tableName,
      state: state.tableName,
      deadLetters: sinks.deadLetters.resource,
      sources: resourcesOf(sources),
      sinks: resourcesOf(sinks.results),
      lateEvents: resourcesOf(sinks.lateEvents),
      lookups: resourcesOf(lookups),
    };
    for (const role of ['gather', 'fire'] as const) {
      const text = Stack.of(this).toJsonString({ role, ...resources });
      this[role].function.addEnvironment(RESOURCES_VARIABLE, text);
    }
  }

  #createAlarms(chosen: boolean | AlarmSettings): PipelineAlarms | undefined {
    if (chosen === false) return undefined;
    const settings = chosen === true ? {} : chosen;
    return new PipelineAlarms(this, 'Alarms', { ...settings, pipeline: this });
  }

  #createDashboard(chosen: boolean | DashboardSettings): PipelineDashboard | undefined {
    if (chosen === false) return undefined;
    const settings = chosen === true ? {} : chosen;
    const alarms = this.alarms?.alarms ?? [];
    return new PipelineDashboard(this, 'Dashboard', { ...settings, pipeline: this, alarms });
  }
}

function deploymentFor({ stage = 'prod', encryptionKey, logRetention }: PipelineProps): Deployment {
  const deployment = deploymentOf(stage, encryptionKey);
  return { ...deployment, logRetention: logRetention ?? deployment.logRetention };
}

/** The stack, and where in it: no two pipelines of a region have the same. */
function deployedName(scope: Construct): string {
  let stack = Stack.of(scope);
  while (stack.nestedStackParent !== undefined) stack = stack.nestedStackParent;
  return `${stack.stackName}/${scope.node.path.slice(stack.node.path.length + 1)}`;
}

/** By what it is called; where that is the name of another table, with its kind before it. */
function tablesOf({ results, lateEvents, deadLetters }: BoundSinks): Record<string, AnyTable> {
  const tables: Record<string, AnyTable> = {};
  const add = (kind: string, bound: Readonly<Record<string, BoundSink>>): void => {
    for (const [name, { table }] of Object.entries(bound)) {
      const isTaken = OWN_TABLES.includes(name) || Object.hasOwn(tables, name);
      if (table) tables[isTaken ? `${kind}:${name}` : name] = table;
    }
  };
  add('results', results);
  add('late', lateEvents);
  return { ...tables, ...(deadLetters.table && { 'dead-letters': deadLetters.table }) };
}

const OWN_TABLES: readonly string[] = ['control', 'state', 'dead-letters'];

const resourcesOf = (
  bound: Readonly<Record<string, { readonly resource: Resource }>>,
): Record<string, Resource> =>
  Object.fromEntries(Object.entries(bound).map(([name, { resource }]) => [name, resource]));

function own<T>(
  named: Readonly<Record<string, T>>,
  name: string,
  code: 'SINK_UNKNOWN' | 'STAGE_UNKNOWN',
): T {
  if (Object.hasOwn(named, name)) return named[name] as T;
  throw new ConfigurationError(
    code,
    `the plan has no "${name}"`,
    `Choose from ${Object.keys(named).join(', ')}.`,
  );
}
