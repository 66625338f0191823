import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { ConfigurationError } from '../errors.ts';

/** What CloudWatch takes; metrics that an expression is made of count as well. */
export const DASHBOARD_LIMITS = {
  /** Alarms in a widget of their states. */
  alarms: 100,
  /** Metrics in one graph. */
  graphMetrics: 500,
  /** Metrics in all graphs. */
  metrics: 2_500,
} as const;

/**
 * A dashboard that CloudWatch shows.
 *
 * @throws ConfigurationError DASHBOARD_TOO_LARGE for more metrics than it takes
 */
export function checkMetrics(widgets: readonly cloudwatch.IWidget[]): void {
  const counted = widgets.flatMap(graphsOf);
  const fullest = counted.toSorted((a, b) => b.metrics - a.metrics)[0];
  if (fullest !== undefined && fullest.metrics > DASHBOARD_LIMITS.graphMetrics) {
    throw tooLarge(
      `the graph "${fullest.title}" of the dashboard has ${fullest.metrics} metrics, but CloudWatch takes ${DASHBOARD_LIMITS.graphMetrics}`,
    );
  }
  const all = counted.reduce((sum, { metrics }) => sum + metrics, 0);
  if (all <= DASHBOARD_LIMITS.metrics) return;
  throw tooLarge(
    `the dashboard has ${all} metrics, but CloudWatch takes ${DASHBOARD_LIMITS.metrics}`,
  );
}

interface Counted {
  readonly title: string;
  readonly metrics: number;
}

interface GraphJson {
  readonly properties?: { readonly title?: string; readonly metrics?: readonly unknown[] };
}

const graphsOf = (widget: cloudwatch.IWidget): Counted[] =>
  (widget.toJson() as GraphJson[]).map(({ properties: { title = '', metrics = [] } = {} }) => ({
    title,
    metrics: metrics.length,
  }));

const tooLarge = (fact: string): ConfigurationError =>
  new ConfigurationError(
    'DASHBOARD_TOO_LARGE',
    fact,
    'Leave it out by dashboard: false and show the stages that matter by pipeline.metric, or make several pipelines of the plan.',
  );
