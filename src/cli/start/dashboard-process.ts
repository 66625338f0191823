/**
 * Makes the dashboards of plans as CDK makes them, in a process of its own: its library takes seconds to
 * load, and nobody else here needs it.
 */
import { type CfnDashboard, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { App, Duration, Stack } from 'aws-cdk-lib/core';
import { PipelineDashboard, type WatchedPipeline } from '../../cdk/index.ts';
import type { DashboardRequest } from './dashboards.ts';
import { planOf } from './reference-plans.ts';
import { functionNames } from './watched.ts';

process.on('message', (requests: readonly DashboardRequest[]) => {
  process.send?.(Object.fromEntries(requests.map((one) => [one.choice.name, bodyOf(one)])), () =>
    process.exit(0),
  );
});

/** The size that functions are deployed with. */
const MEMORY_MB = 1_769;
const FUNCTIONS = 'arn:aws:lambda:local:000000000000:function';
const MEANWHILE = Duration.days(1);

function bodyOf(request: DashboardRequest): unknown {
  const stack = new Stack(new App(), 'Console');
  const { dashboard } = new PipelineDashboard(stack, 'Dashboard', {
    pipeline: watched(stack, request),
  });
  const { dashboardBody } = dashboard.node.defaultChild as CfnDashboard;
  const resolved: string | Joined = stack.resolve(dashboardBody);
  return JSON.parse(typeof resolved === 'string' ? resolved : joined(resolved));
}

/** Text in which something is known only where it is deployed, such as the region. */
interface Joined {
  readonly 'Fn::Join': readonly [separator: string, parts: readonly unknown[]];
}

const joined = ({ 'Fn::Join': [separator, parts] }: Joined): string =>
  parts.map((part) => (typeof part === 'string' ? part : 'local')).join(separator);

function watched(stack: Stack, { choice, places }: DashboardRequest): WatchedPipeline {
  const plan = planOf(choice);
  const names = functionNames(plan.name);
  const lambda = (name: string) => ({
    // By its whole ARN, of which the name is known here, and not only where it is deployed.
    function: LambdaFunction.fromFunctionArn(stack, name, `${FUNCTIONS}:${name}`),
    memoryMb: MEMORY_MB,
  });
  const table = (name: string) => Table.fromTableName(stack, `table-${name}`, name);
  const results = { ...places.sinks, ...places.lateEvents, 'dead-letters': places.deadLetters };
  return {
    plan,
    pipelineName: plan.name,
    gather: lambda(names.gather),
    fire: lambda(names.fire),
    sources: Object.entries(places.streams).map(([name, StreamName]) => ({
      name,
      retention: MEANWHILE,
      incomingRecords: new Metric({
        namespace: 'AWS/Kinesis',
        metricName: 'IncomingRecords',
        dimensionsMap: { StreamName },
        statistic: 'Sum',
      }),
    })),
    control: table(places.control),
    state: table(places.state),
    sinkTables: Object.fromEntries(
      Object.entries(results).map(([name, tableName]) => [name, table(tableName)]),
    ),
    tickEvery: Duration.minutes(1),
  };
}
