import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { LIST_PRICES, type Prices } from '../prices.ts';
import { describe } from '../topology/describe.ts';
import { checkMetrics, DASHBOARD_LIMITS } from './dashboard-limits.ts';
import { widgetRows } from './dashboard-widgets.ts';
import { given } from './given.ts';
import type { WatchedPipeline } from './watched.ts';

/** What a dashboard shows besides, and at which prices. */
export interface DashboardSettings {
  /** Default: a name that CloudFormation makes up. */
  readonly name?: string;
  /** What cost per million events is reckoned with. Default LIST_PRICES. */
  readonly prices?: Partial<Prices>;
  /** What it shows when it is opened. Default: the last 3 hours. */
  readonly interval?: Duration;
}

/** Of which pipeline the dashboard is. */
export interface PipelineDashboardProps extends DashboardSettings {
  readonly pipeline: WatchedPipeline;
  /** Shown by their state. */
  readonly alarms?: readonly cloudwatch.IAlarm[];
}

/**
 * How a pipeline does, generated from the plan: how fresh its results are and what holds them back,
 * what comes in and what becomes of it, what goes wrong, and what it costs.
 */
export class PipelineDashboard extends Construct {
  readonly dashboard: cloudwatch.Dashboard;

  /** @throws ConfigurationError DASHBOARD_TOO_LARGE for a plan of more stages than CloudWatch shows */
  constructor(scope: Construct, id: string, props: PipelineDashboardProps) {
    super(scope, id);
    const { pipeline, alarms = [], prices, interval = Duration.hours(3) } = props;
    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', {
      ...given({ dashboardName: props.name }),
      defaultInterval: interval,
    });
    const rows = widgetRows(pipeline, { ...LIST_PRICES, ...prices });
    checkMetrics(rows.flat());
    this.dashboard.addWidgets(...heading(pipeline, alarms));
    for (const row of rows) this.dashboard.addWidgets(...row);
  }
}

const HEIGHT = 6;

function heading(
  { plan }: WatchedPipeline,
  alarms: readonly cloudwatch.IAlarm[],
): cloudwatch.IWidget[] {
  const text = new cloudwatch.TextWidget({
    markdown: ['```', describe(plan), '```'].join('\n'),
    width: alarms.length > 0 ? 12 : 24,
    height: HEIGHT,
  });
  if (alarms.length === 0) return [text];
  return [text, ...states(alarms)];
}

/** The states of all alarms, in as many widgets as it takes. */
function states(alarms: readonly cloudwatch.IAlarm[]): cloudwatch.IWidget[] {
  const { alarms: most } = DASHBOARD_LIMITS;
  const count = Math.ceil(alarms.length / most);
  return Array.from({ length: count }, (_, n) => {
    return new cloudwatch.AlarmStatusWidget({
      title: count === 1 ? 'Alarms' : `Alarms, ${n + 1} of ${count}`,
      alarms: alarms.slice(n * most, (n + 1) * most),
      sortBy: cloudwatch.AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP,
      width: 12,
      height: HEIGHT,
    });
  });
}
