import { latestRows } from '../operators/latest-rows.ts';
import type { Operator } from '../operators/operator.ts';
import { type Build, standsFor } from './build.ts';
import type { SinkPlan } from './plan.ts';
import { checkFunction } from './settings.ts';
import { flowOf, type Keyed, stageDraft, type TableDraft } from './stage.ts';
import type { StageOptions, Table, TableOptions } from './stream.ts';
import { ended } from './streams.ts';

export interface RowOptions extends TableOptions {
  readonly row?: (event: unknown) => unknown;
}

/** What a keyed stream says of rows: changes that do not know yet what was there before. */
export function rows({ flow, key }: Keyed, row: RowOptions['row'] = (event) => event): TableDraft {
  checkFunction('the row of toTable()', row);
  const apply = (event: unknown) => ({ key: key(event as never), value: row(event) ?? undefined });
  const step = Object.freeze({ kind: 'map', apply }) as never;
  const paths = flow.paths.map(({ origin, steps }) => ({ origin, steps: [...steps, step] }));
  return { flow: { ...flow, paths, shape: 'changes' }, key: rowKey, isTold: false };
}

/** Changes of rows are in groups by the key of their row. */
export const rowKey = (change: never): string => (change as { readonly key: string }).key;

/** A table that a stage tells. */
export const toldBy = (pipeline: string, draft: ReturnType<typeof stageDraft>): TableDraft => ({
  flow: flowOf(pipeline, draft),
  key: rowKey,
  isTold: true,
});

/** A table as its author sees it. */
export function tables(build: Build, draft: TableDraft, options: StageOptions = {}): Table<never> {
  /** The same table with the old row in each change, which takes a stage of its own. */
  const told = (): TableDraft =>
    draft.isTold
      ? draft
      : toldBy(draft.flow.pipeline, stageDraft([draft], latestRows() as Operator, options));
  const methods = {
    changes: () => build.stream(told().flow),
    to: (sink: SinkPlan) => ended(told().flow, sink),
  };
  return standsFor(methods, draft) as unknown as Table<never>;
}
