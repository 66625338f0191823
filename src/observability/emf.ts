import type { StageFigures } from './figures.ts';
import { METRIC_DIMENSIONS, METRIC_NAMESPACE, METRIC_UNITS } from './metric-names.ts';

/** Where the figures of an invocation go when it ends. */
export type MetricsTarget = (figures: readonly StageFigures[], at: number) => void;

/** Takes a line of text, without its end. */
export type WriteLine = (line: string) => void;

/** One line for each stage, which CloudWatch makes metrics of wherever it stands alone in a log. */
export const emfLines =
  (write: WriteLine): MetricsTarget =>
  (figures, at) => {
    for (const one of figures) write(JSON.stringify(emfDocument(one, at)));
  };

/**
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * Lanes and buckets are members that no dimension names: they can be searched for in the log, and cost
 * nothing as metrics.
 */
function emfDocument(figures: StageFigures, at: number): Record<string, unknown> {
  const { pipeline, stage, metrics, lanes, buckets } = figures;
  const Metrics = [...metrics.keys()].map((Name) => ({ Name, Unit: METRIC_UNITS[Name] }));
  const directive = { Namespace: METRIC_NAMESPACE, Dimensions: [METRIC_DIMENSIONS], Metrics };
  return {
    _aws: { Timestamp: at, CloudWatchMetrics: [directive] },
    pipeline,
    stage,
    ...(lanes.length > 0 && { lanes }),
    ...(buckets.length > 0 && { buckets }),
    ...Object.fromEntries(metrics),
  };
}
