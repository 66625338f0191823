import { unlessRefused } from '../operators/user-function.ts';
import { atOnce } from './at-once.ts';
import type { Flow } from './draft.ts';
import type { Step } from './plan.ts';
import type { TableDraft } from './stage.ts';

/** A change of a row as the steps after a stage see it; what is told anew has the old row too. */
export interface SeenChange {
  readonly key: string;
  readonly value: unknown;
  readonly old?: unknown;
}

/** What a function makes of a row; nothing: the row is not there. */
export type RowFunction = (row: unknown, key: string) => unknown;

/** A table with what a function makes of its rows, old ones and new ones alike. */
export function withRows(draft: TableDraft, make: RowFunction): TableDraft {
  const step = draft.isTold
    ? rowStep('flatMap', (change) => toldRow(make, change))
    : rowStep('map', (change) => ({ ...change, value: rowOf(make, change.value, change.key) }));
  return { ...draft, flow: withRowStep(draft.flow, step) };
}

export const rowStep = (kind: 'map' | 'flatMap', apply: (change: SeenChange) => unknown): Step =>
  Object.freeze({ kind, apply }) as Step;

/** The flow with one more step, still of changes. */
export const withRowStep = (flow: Flow, step: Step): Flow => ({
  ...flow,
  paths: flow.paths.map(({ origin, steps }) => ({ origin, steps: [...steps, step] })),
  shape: 'changes',
});

/** If the function fails on the new row the change is refused, and taken as the deletion of the old one. */
function toldRow(make: RowFunction, change: SeenChange): SeenChange[] {
  const { key } = change;
  // If it fails on the old row, it failed when that row was new.
  const old = unlessRefused(() => rowOf(make, change.old, key));
  const value = rowOf(make, change.value, key);
  return old === undefined && value === undefined ? [] : [{ ...change, old, value }];
}

const rowOf = (make: RowFunction, row: unknown, key: string): unknown =>
  row === undefined ? undefined : (atOnce(make(row, key)) ?? undefined);
