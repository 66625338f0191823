import type { MetricsTarget } from './emf.ts';
import { METRIC_UNITS, type MetricUnit } from './metric-names.ts';

/** As much of `Metrics` of @aws-lambda-powertools/metrics as is needed. */
export interface PowertoolsMetrics {
  /** Takes away what it would add to each metric. */
  clearDefaultDimensions(): void;
  /** Adds a dimension to what is published next. */
  addDimension(name: string, value: string): unknown;
  /** Adds what can be searched for in the log, and is no dimension. */
  addMetadata(key: string, value: string): unknown;
  /** Adds a value of a metric. */
  addMetric(name: string, unit: MetricUnit, value: number): unknown;
  /** Writes what was added, and forgets it. */
  publishStoredMetrics(): unknown;
}

/**
 * Emits by a `Metrics` of AWS Lambda Powertools instead: `powertoolsMetrics(new Metrics({ namespace:
 * 'Tidemark' }))`. It must be one of its own, as its default dimensions are taken away: dashboard and
 * alarms know `pipeline` and `stage` alone.
 */
export function powertoolsMetrics(metrics: PowertoolsMetrics): MetricsTarget {
  metrics.clearDefaultDimensions();
  return (figures) => {
    for (const { pipeline, stage, metrics: values, lanes, buckets } of figures) {
      metrics.addDimension('pipeline', pipeline);
      metrics.addDimension('stage', stage);
      if (lanes.length > 0) metrics.addMetadata('lanes', lanes.join());
      if (buckets.length > 0) metrics.addMetadata('buckets', buckets.join());
      for (const [name, value] of values) {
        for (const one of [value].flat()) metrics.addMetric(name, METRIC_UNITS[name], one);
      }
      metrics.publishStoredMetrics();
    }
  };
}
