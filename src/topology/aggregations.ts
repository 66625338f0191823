import { PlanError } from '../errors.ts';
import type { AnyAggregate } from '../operators/aggregate.ts';
import { average, count, max, min, sum } from '../operators/aggregates.ts';
import { approximateDistinct } from '../operators/approximate-distinct.ts';
import { collect } from '../operators/collect.ts';
import type { Parts } from '../operators/combined.ts';
import { distinct, type HeldOptions } from '../operators/distinct.ts';
import { aggregate } from '../operators/make-aggregate.ts';
import { type QuantilesOptions, quantiles } from '../operators/quantiles.ts';
import { reduce } from '../operators/reduce.ts';
import { sumDecimal } from '../operators/sum-decimal.ts';
import { type TopKOptions, topK } from '../operators/top-k.ts';
import { standardDeviation, variance } from '../operators/variance.ts';
import type { StageOptions } from './options.ts';
import type { Aggregations } from './stream.ts';

type Compute = (aggregate: AnyAggregate, options?: StageOptions) => unknown;
type Event = unknown;
type HeldStage = StageOptions & HeldOptions;

/** The methods that aggregate, each for the aggregate of its name. */
export function aggregations(compute: Compute): Aggregations<never, never> {
  /** For aggregates that take a function of the event, and options that the stage's ride along with. */
  const over =
    <F, O>(make: (of: F, options?: O) => AnyAggregate) =>
    (of: F, options?: O & StageOptions) =>
      compute(make(of, options), options);
  const methods = {
    count: (options?: StageOptions) => compute(count(), options),
    sum: over(sum),
    sumDecimal: over(sumDecimal),
    min: over(min),
    max: over(max),
    average: over(average),
    variance: over(variance),
    standardDeviation: over(standardDeviation),
    distinct: over(distinct),
    approximateDistinct: over(approximateDistinct),
    reduce: over(reduce),
    topK: (k: number, of: (event: Event) => string, options?: StageOptions & TopKOptions<Event>) =>
      compute(topK(k, of, options), options),
    quantiles: (
      wanted: readonly number[],
      of: (event: Event) => number,
      options?: StageOptions & QuantilesOptions,
    ) => compute(quantiles(wanted, of, options), options),
    collect: (of?: HeldStage | ((event: Event) => unknown), options?: HeldStage) =>
      typeof of === 'function'
        ? compute(collect(of, options), options)
        : compute(collect(undefined, of), of),
    aggregate: (given: Parts, options?: StageOptions) => {
      const made = aggregate(given);
      if (options?.name === undefined) checkNamed(made);
      return compute(made, options);
    },
  };
  return Object.freeze(methods) as unknown as Aggregations<never, never>;
}

/** The state is stored under the name of the stage: one that is made up would change with the code. */
function checkNamed({ name }: AnyAggregate): void {
  if (/^\w/.test(name)) return;
  throw new PlanError(
    'NAME_INVALID',
    `a stage of the aggregate ${name} has no name`,
    "Give it one: .aggregate(..., { name: 'page-stats' }); one aggregate of your own may have a name itself.",
  );
}
