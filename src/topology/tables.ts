import { latestRows } from '../operators/latest-rows.ts';
import type { Operator } from '../operators/operator.ts';
import { atOnce } from './at-once.ts';
import { type Build, standsFor } from './build.ts';
import { grouped } from './grouped.ts';
import type { StageOptions, TableOptions } from './options.ts';
import type { SinkPlan } from './plan.ts';
import { type RowFunction, withRows } from './row-steps.ts';
import { checkFunction } from './settings.ts';
import { type Keyed, rowKey, stageDraft, type TableDraft, toldBy } from './stage.ts';
import type { Table } from './stream.ts';
import { ended } from './streams.ts';
import { tableJoins } from './table-joins.ts';

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

/** A table as its author sees it. */
export function tables(build: Build, draft: TableDraft, options: StageOptions = {}): Table<never> {
  return tableOf(
    build,
    draft,
    once(() => withOld(draft, options)),
  );
}

/** The same table with the old row in each change, which takes a stage of its own unless it is told. */
const withOld = (draft: TableDraft, options: StageOptions): TableDraft =>
  draft.isTold
    ? draft
    : toldBy(draft.flow.pipeline, stageDraft([draft], latestRows() as Operator, options));

/** Whoever needs the old rows shares the stage that has them. */
function tableOf(build: Build, draft: TableDraft, told: () => TableDraft): Table<never> {
  const withRow = (make: RowFunction): Table<never> =>
    tableOf(
      build,
      withRows(draft, make),
      once(() => withRows(told(), make)),
    );
  const methods = {
    changes: () => build.stream({ ...told().flow, shape: 'events' }),
    to: (sink: SinkPlan) => ended(told().flow, sink),
    filter(predicate: RowFunction) {
      checkFunction('what filter() is given', predicate, 'row');
      return withRow((row, key) => (atOnce(predicate(row, key)) ? row : undefined));
    },
    mapValues(change: RowFunction) {
      checkFunction('what mapValues() is given', change, 'row');
      return withRow(change);
    },
    groupBy: (group: RowFunction) => grouped(build, told(), group),
    ...tableJoins(build, draft, told),
  };
  return standsFor(methods, draft) as unknown as Table<never>;
}

function once<T>(make: () => T): () => T {
  let made: { readonly it: T } | undefined;
  return () => {
    made ??= { it: make() };
    return made.it;
  };
}
