import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type Alarming, type AlarmThresholds, alarmsOf } from './alarm-list.ts';
import type { WatchedPipeline } from './watched.ts';

/** When alarms go off, and who is told. */
export interface AlarmSettings extends AlarmThresholds {
  /** What happens when an alarm goes off, and when it ends. Default: nothing but its state. */
  readonly actions?: readonly cloudwatch.IAlarmAction[];
  /** Where people find the steps: the address of docs/operations.md. Default: its name. */
  readonly runbook?: string;
}

/** Of which pipeline the alarms are. */
export interface PipelineAlarmsProps extends AlarmSettings {
  readonly pipeline: WatchedPipeline;
}

/**
 * Alarms for what puts data at risk, generated from the plan, each with a link to what to do. A stream
 * on which nothing happens sets off none of them.
 */
export class PipelineAlarms extends Construct {
  readonly alarms: readonly cloudwatch.Alarm[];

  constructor(scope: Construct, id: string, props: PipelineAlarmsProps) {
    super(scope, id);
    const { pipeline, actions = [], runbook = RUNBOOK } = props;
    this.alarms = alarmsOf(pipeline, props).map((alarming) =>
      this.#create(alarming, actions, runbook),
    );
  }

  #create(
    { id, anchor, says, metric, atLeast, below, periods, missing }: Alarming,
    actions: readonly cloudwatch.IAlarmAction[],
    runbook: string,
  ): cloudwatch.Alarm {
    const alarm = new cloudwatch.Alarm(this, id, {
      alarmDescription: `${says} What to do: ${runbook}#${anchor}`,
      metric,
      threshold: atLeast ?? below ?? 0,
      comparisonOperator:
        below === undefined
          ? cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
          : cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: periods,
      datapointsToAlarm: periods,
      treatMissingData: missing,
    });
    alarm.addAlarmAction(...actions);
    alarm.addOkAction(...actions);
    return alarm;
  }
}

const RUNBOOK = 'docs/operations.md';
