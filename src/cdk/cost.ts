import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Prices } from '../prices.ts';
import { tableMetric } from './metrics.ts';
import type { AnyTable } from './tables.ts';
import {
  stateTables,
  type WatchedFunction,
  type WatchedPipeline,
  writtenTables,
} from './watched.ts';

/**
 * What a million events cost to process: invocations and tables. The log itself is not in it, nor
 * are logs, metrics and storage. `undefined` if nobody counts what comes in.
 */
export function costPerMillion(
  pipeline: WatchedPipeline,
  prices: Prices,
  options: cloudwatch.MathExpressionOptions,
): cloudwatch.MathExpression | undefined {
  const incoming = pipeline.sources.flatMap(({ incomingRecords }) => incomingRecords ?? []);
  if (incoming.length === 0) return undefined;
  const parts = [
    ...functionCost(pipeline.gather, prices),
    ...functionCost(pipeline.fire, prices),
    ...writtenTables(pipeline).map(([, table]) => writeCost(table, prices)),
    ...stateTables(pipeline).map(([, table]) => readCost(table, prices)),
  ];
  return new cloudwatch.MathExpression({
    // Without a third argument it says nothing where nothing came in.
    expression: 'IF(events > 0, dollars / events * 1000000)',
    usingMetrics: {
      dollars: sumOf('part', parts.map(priced)),
      events: sumOf('source', incoming),
    },
    label: 'USD a million events',
    ...options,
  });
}

interface Part {
  readonly metric: cloudwatch.IMetric;
  /** US dollars for one of what the metric counts. */
  readonly price: number;
}

const priced = ({ metric, price }: Part, n: number): cloudwatch.IMetric =>
  new cloudwatch.MathExpression({
    expression: `FILL(counted${n}, 0) * ${decimal(price)}`,
    usingMetrics: { [`counted${n}`]: metric },
  });

/** Of an array, so that one that has no data at all does not hide the others. */
function sumOf(prefix: string, metrics: readonly cloudwatch.IMetric[]): cloudwatch.MathExpression {
  const named = metrics.map((metric, n) => [`${prefix}${n}`, metric] as const);
  return new cloudwatch.MathExpression({
    expression: `SUM([${named.map(([id]) => id).join(', ')}])`,
    usingMetrics: Object.fromEntries(named),
  });
}

function functionCost({ function: fn, memoryMb }: WatchedFunction, prices: Prices): Part[] {
  const gbSecond = prices.lambdaGbSecond * (memoryMb / 1_024);
  return [
    { metric: fn.metricDuration({ statistic: 'Sum' }), price: gbSecond / 1_000 },
    { metric: fn.metricInvocations({ statistic: 'Sum' }), price: prices.lambdaRequests / MILLION },
  ];
}

const writeCost = (table: AnyTable, { writeUnits }: Prices): Part => ({
  metric: tableMetric(table, 'ConsumedWriteCapacityUnits'),
  price: writeUnits / MILLION,
});

/** Of the tables that it reads itself: who reads results is another matter. */
const readCost = (table: AnyTable, { readUnits }: Prices): Part => ({
  metric: tableMetric(table, 'ConsumedReadCapacityUnits'),
  price: readUnits / MILLION,
});

const MILLION = 1_000_000;

/** Metric math knows no exponents. */
const decimal = (value: number): string => value.toFixed(15).replace(/0+$/, '');
