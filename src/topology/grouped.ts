import type { AnyAggregate } from '../operators/aggregate.ts';
import type { RowMove } from '../operators/group-holding.ts';
import { groupedRows } from '../operators/grouped-rows.ts';
import type { Operator } from '../operators/operator.ts';
import { unlessRefused } from '../operators/user-function.ts';
import { toKey } from '../schema/key.ts';
import { aggregations } from './aggregations.ts';
import { atOnce } from './at-once.ts';
import type { Build } from './build.ts';
import type { GroupOptions } from './options.ts';
import { type RowFunction, rowStep, type SeenChange, withRowStep } from './row-steps.ts';
import { checkFunction } from './settings.ts';
import { type Keyed, stageDraft, type TableDraft, toldBy } from './stage.ts';
import type { GroupedTable } from './stream.ts';

/** The rows of a table in groups, as their author sees them. */
export function grouped(build: Build, told: TableDraft, group: RowFunction): GroupedTable<never> {
  checkFunction('what groupBy() is given', group, 'row');
  const step = rowStep('flatMap', (change) => moves(group, change));
  const keyed: Keyed = { flow: withRowStep(told.flow, step), key: groupOf };
  return aggregations((aggregate: AnyAggregate, options?: GroupOptions) => {
    const operator = groupedRows(aggregate, { max: options?.max }) as Operator;
    return build.table(toldBy(told.flow.pipeline, stageDraft([keyed], operator, options)));
  }) as unknown as GroupedTable<never>;
}

interface Regrouped extends RowMove {
  readonly group: unknown;
}

const groupOf = (move: never): string => (move as { readonly group: string }).group;

/** Out of the group of the old row, into that of the new one. */
function moves(group: RowFunction, { key, value, old }: SeenChange): Regrouped[] {
  const from = old === undefined ? undefined : unlessRefused(() => toKey(atOnce(group(old, key))));
  const to = value === undefined ? undefined : (atOnce(group(value, key)) ?? undefined);
  return [
    ...(from === undefined ? [] : [{ group: from, key, row: old, leaves: true }]),
    ...(to === undefined ? [] : [{ group: to, key, row: value }]),
  ];
}
