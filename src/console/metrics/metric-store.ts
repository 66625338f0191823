/** What a metric is called: its namespace, its name, and its dimensions. */
export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
}

/** Statistics as CloudWatch calls them. */
export type Statistic = 'Sum' | 'Average' | 'Minimum' | 'Maximum' | 'SampleCount' | `p${number}`;

interface Bin {
  count: number;
  sum: number;
  least: number;
  greatest: number;
  /** Some of the values, for percentiles. */
  readonly values: number[];
}

/** Values of one bin that percentiles are read from. */
const VALUES_MAX = 500;

/** Metrics of the last minutes in bins, as a page draws them, and of the whole run in one. */
export class MetricStore {
  readonly binMs: number;
  readonly #kept: number;
  readonly #metrics = new Map<string, { readonly whole: Bin; readonly bins: Map<number, Bin> }>();

  /** Bins of so many ms, and how many of them are kept of each metric. */
  constructor(binMs: number, kept: number) {
    this.binMs = binMs;
    this.#kept = kept;
  }

  /** Adds values that were measured at this wall time, ms. */
  add(metric: MetricId, values: number | readonly number[], at: number): void {
    const id = idOf(metric);
    const { whole, bins } = this.#metrics.get(id) ?? { whole: newBin(), bins: new Map() };
    this.#metrics.set(id, { whole, bins });
    const start = Math.floor(at / this.binMs) * this.binMs;
    const bin = bins.get(start) ?? newBin();
    bins.set(start, bin);
    for (const value of [values].flat()) {
      take(bin, value);
      take(whole, value);
    }
    for (const old of bins.keys()) if (old <= start - this.#kept * this.binMs) bins.delete(old);
  }

  /** One number for each bin that begins then; `undefined` where nothing was measured. */
  read(metric: MetricId, statistic: Statistic, times: readonly number[]): (number | undefined)[] {
    const bins = this.#metrics.get(idOf(metric))?.bins;
    return times.map((time) => statisticOf(bins?.get(time), statistic));
  }

  /** Of all that was ever measured. */
  whole(metric: MetricId, statistic: Statistic): number | undefined {
    return statisticOf(this.#metrics.get(idOf(metric))?.whole, statistic);
  }
}

const newBin = (): Bin => ({
  count: 0,
  sum: 0,
  least: Number.POSITIVE_INFINITY,
  greatest: Number.NEGATIVE_INFINITY,
  values: [],
});

function take(bin: Bin, value: number): void {
  bin.count += 1;
  bin.sum += value;
  bin.least = Math.min(bin.least, value);
  bin.greatest = Math.max(bin.greatest, value);
  if (bin.values.length < VALUES_MAX) bin.values.push(value);
}

const idOf = ({ namespace, name, dimensions }: MetricId): string =>
  [namespace, name, ...dimensions.map((pair) => pair.join('=')).sort()].join('|');

function statisticOf(bin: Bin | undefined, statistic: Statistic): number | undefined {
  if (bin === undefined || bin.count === 0) return undefined;
  switch (statistic) {
    case 'Sum':
      return bin.sum;
    case 'SampleCount':
      return bin.count;
    case 'Average':
      return bin.sum / bin.count;
    case 'Minimum':
      return bin.least;
    case 'Maximum':
      return bin.greatest;
    default:
      return percentile(bin.values, Number(statistic.slice(1)));
  }
}

function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}
