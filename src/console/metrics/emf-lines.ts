import type { MetricStore } from './metric-store.ts';

/** As much of a line of CloudWatch's embedded metric format as metrics are read from. */
interface EmfLine {
  readonly _aws?: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [member: string]: unknown;
}

/**
 * Takes a line of the log of a function as CloudWatch does: its metrics, if it is a line of the embedded
 * metric format, and nothing otherwise.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function takeEmfLine(store: MetricStore, line: string): void {
  const document = parsed(line);
  for (const { Namespace, Dimensions, Metrics } of document?._aws?.CloudWatchMetrics ?? []) {
    for (const { Name } of Metrics) {
      const values = [document?.[Name]].flat().filter((value) => typeof value === 'number');
      for (const names of Dimensions) {
        const dimensions = names.map((name) => [name, String(document?.[name])] as const);
        const metric = { namespace: Namespace, name: Name, dimensions };
        store.add(metric, values, document?._aws?.Timestamp ?? 0);
      }
    }
  }
}

function parsed(line: string): EmfLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as EmfLine) : undefined;
  } catch {
    return undefined;
  }
}
