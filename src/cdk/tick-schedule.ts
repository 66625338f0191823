import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { GivenUpQueue } from './given-up-queue.ts';
import { ACTIONS, grantOn } from './permissions.ts';
import { checkTickEvery } from './tick-period.ts';

export interface TickScheduleProps {
  /** May send to the queue. */
  readonly function: lambda.Function;
  readonly every: Duration;
  readonly givenUp: GivenUpQueue;
}

/** What the handler knows a tick by. */
export const TICK_EVENT = { tidemark: 'tick' } as const;

/**
 * Ticks: registers new shards, proves idle ones idle, fires what lags. A tick that fails is not
 * repeated, because the next one does the same, but word of it is left in the queue.
 */
export class TickSchedule extends Construct {
  /** @throws ConfigurationError SCHEDULE_INVALID unless it is whole minutes, an hour at most */
  constructor(scope: Construct, id: string, props: TickScheduleProps) {
    super(scope, id);
    const { every, givenUp } = props;
    checkTickEvery(every);
    const { account } = Stack.of(this);
    const group = { service: 'scheduler', resource: 'schedule-group', resourceName: 'default' };
    const SourceArn = Stack.of(this).formatArn(group);
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': SourceArn } },
      }),
      description: 'Lets the schedule invoke the function that ticks',
    });
    grantOn(role, props.function.functionArn, ACTIONS.invoke);
    givenUp.grantSend(role);
    // The schedule is done when Lambda has queued the tick: what is dropped there, Lambda alone can tell.
    props.function.configureAsyncInvoke({
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
      onFailure: givenUp,
    });
    const schedule = new scheduler.CfnSchedule(this, 'Schedule', {
      description: 'Registers shards, proves idleness, fires what lags',
      scheduleExpression: scheduler.ScheduleExpression.rate(every).expressionString,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: props.function.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify(TICK_EVENT),
        retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 60 },
        deadLetterConfig: { arn: givenUp.queue.queueArn },
      },
    });
    // Its policy must be there when the first tick is due.
    schedule.node.addDependency(role);
  }
}
