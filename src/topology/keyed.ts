import { PlanError } from '../errors.ts';
import type { AnyAggregate } from '../operators/aggregate.ts';
import type { Operator } from '../operators/operator.ts';
import { running } from '../operators/running.ts';
import type { WindowKind } from '../windows/window.ts';
import { aggregations } from './aggregations.ts';
import { asOfJoins } from './as-of.ts';
import { type Build, standsFor } from './build.ts';
import { evolved } from './evolutions.ts';
import { joins } from './joins.ts';
import { checkOptions, STAGE_OPTIONS } from './option-names.ts';
import type { StageOptions } from './options.ts';
import { processed } from './processes.ts';
import { type Keyed, stageDraft, toldBy } from './stage.ts';
import type { KeyedStream } from './stream.ts';
import { type RowOptions, rows } from './tables.ts';
import { windowed } from './windowed.ts';

/** A keyed stream as its author sees it. */
export function keyed(build: Build, draft: Keyed): KeyedStream<never> {
  const methods = {
    window(window: WindowKind) {
      if (!WINDOW_KINDS.includes(window?.kind)) throw noWindow(window);
      return windowed(build, draft, window);
    },
    process: (options: Parameters<typeof processed>[2]) => processed(build, draft, options),
    evolve: (options: Parameters<typeof evolved>[2]) => evolved(build, draft, options),
    ...aggregations((aggregate: AnyAggregate, options?: StageOptions) => {
      const stage = stageDraft([draft], running(aggregate) as Operator, options);
      return build.table(toldBy(draft.flow.pipeline, stage));
    }),
    toTable({ row, ...options }: RowOptions = {}) {
      // Not every table becomes a stage, which would look at them.
      checkOptions('toTable()', options, STAGE_OPTIONS);
      return build.table(rows(draft, row), options);
    },
    ...joins(build, draft),
    ...asOfJoins(build, draft),
  };
  return standsFor(methods, draft) as unknown as KeyedStream<never>;
}

const WINDOW_KINDS: readonly string[] = ['aligned', 'session', 'perEvent'];

function noWindow(given: unknown): PlanError {
  const isHalf = typeof (given as { readonly every?: unknown } | undefined)?.every === 'function';
  return new PlanError(
    'WINDOW_INVALID',
    isHalf ? 'a hopping window was not told its advance' : 'window() was not given a window',
    isHalf
      ? 'Add it with .every(...), as in HoppingWindow.of(1, HOURS).every(5, MINUTES).'
      : 'Give one such as TumblingWindow.of(5, MINUTES).',
  );
}
