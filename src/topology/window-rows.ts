import { type Build, standsFor } from './build.ts';
import type { Flow } from './draft.ts';
import { rowStep, type SeenChange, withRowStep } from './row-steps.ts';
import { rowKey, type TableDraft } from './stage.ts';
import type { Results } from './stream.ts';
import type { WindowResult } from './window-result.ts';

/** The results of windows as their author sees them. */
export function results(build: Build, flow: Flow): Results<never> {
  const methods = { ...build.stream(flow), asTable: () => build.table(windowRows(flow)) };
  return standsFor(methods, flow) as unknown as Results<never>;
}

/** Each window of each key as a row. What is told of it anew has what was told before. */
const windowRows = (flow: Flow): TableDraft => ({
  flow: { ...withRowStep(flow, rowStep('map', windowRow)), revises: false },
  key: rowKey,
  isTold: true,
});

/** A result as a stage tells it: what it has been told of before, and what is no more, have an old value. */
interface Told extends WindowResult<unknown> {
  readonly old?: unknown;
  readonly retracted?: boolean;
}

function windowRow(result: unknown): SeenChange {
  const { key, windowStart, windowEnd, value, old, retracted } = result as Told;
  const row = (content: unknown) => ({ key, windowStart, windowEnd, value: content });
  return {
    key: `${windowStart}#${key}`,
    value: retracted ? undefined : row(value),
    old: old === undefined ? undefined : row(old),
  };
}
