import { PlanError } from '../errors.ts';
import { type AsOfKind, asOfJoin } from '../operators/as-of-join.ts';
import type { Operator } from '../operators/operator.ts';
import { type Build, draftOf } from './build.ts';
import type { LateOptions, StageOptions } from './options.ts';
import { DROPPED, flowOf, type Keyed, stageDraft, type TableDraft } from './stage.ts';
import type { KeyedStream, Table } from './stream.ts';
import { checkSideOutput } from './windowed.ts';

/** The methods of a keyed stream that find the version of a row that was valid when an event happened. */
export function asOfJoins(
  build: Build,
  draft: Keyed,
): Pick<KeyedStream<never>, 'joinAsOf' | 'leftJoinAsOf'> {
  const join =
    (kind: AsOfKind) =>
    (table: Table<unknown>, { sideOutput, ...options }: StageOptions & LateOptions = {}) => {
      const sides = [draft, tableBehind(table, draft)];
      if (sideOutput !== undefined) checkSideOutput(sideOutput);
      const late = { ...DROPPED, sideOutput };
      const stage = stageDraft(sides, asOfJoin(kind) as Operator, options, late);
      return build.stream(flowOf(draft.flow.pipeline, stage));
    };
  return { joinAsOf: join('inner'), leftJoinAsOf: join('left') };
}

/** @throws PlanError STAGE_INVALID unless it is a table of the same pipeline */
function tableBehind(table: unknown, { flow }: Keyed): TableDraft {
  const draft = draftOf(table) as TableDraft | undefined;
  if (draft === undefined || !('isTold' in draft)) throw noTable();
  if (draft.flow.pipeline === flow.pipeline) return draft;
  throw new PlanError(
    'STAGE_INVALID',
    `a stream of the pipeline ${flow.pipeline} is to be joined with a table of ${draft.flow.pipeline}`,
    'Begin both with the same pipeline().',
  );
}

const noTable = (): PlanError =>
  new PlanError(
    'STAGE_INVALID',
    'an as-of join was not given a table',
    'Make one of a keyed stream with toTable(); rows of a table that others keep are found with lookup().',
  );
