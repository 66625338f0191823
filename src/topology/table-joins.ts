import { BadRecordError, PlanError } from '../errors.ts';
import { foreignKeyJoin, type Subscription } from '../operators/foreign-key-join.ts';
import { newestAnswers } from '../operators/newest-answers.ts';
import type { Operator } from '../operators/operator.ts';
import { type JoinKind, tableJoin } from '../operators/table-join.ts';
import { unlessRefused } from '../operators/user-function.ts';
import { NO_KEY, toKey } from '../schema/key.ts';
import { atOnce } from './at-once.ts';
import { type Build, draftOf } from './build.ts';
import { nameOf } from './draft.ts';
import type { StageOptions } from './options.ts';
import { type RowFunction, rowStep, type SeenChange, withRowStep } from './row-steps.ts';
import { checkFunction } from './settings.ts';
import { flowOf, type Keyed, rowKey, stageDraft, type TableDraft, toldBy } from './stage.ts';
import type { Table } from './stream.ts';

/** The ways in which a table can be joined. */
export function tableJoins(build: Build, draft: TableDraft, told: () => TableDraft) {
  const { pipeline } = draft.flow;
  const joined = (kind: JoinKind) => (other: unknown, options?: StageOptions) => {
    const sides = [draft, tableBehind(other, pipeline)];
    return build.table(toldBy(pipeline, stageDraft(sides, tableJoin(kind) as Operator, options)));
  };
  const joinedOn =
    (kind: 'inner' | 'left') =>
    (other: unknown, foreignKey: RowFunction, options: StageOptions = {}): Table<never> => {
      checkFunction('the foreign key of joinOn()', foreignKey, 'row');
      const right = tableBehind(other, pipeline);
      return build.table(onForeignKey(kind, { left: told(), right, foreignKey, options }));
    };
  return {
    join: joined('inner'),
    leftJoin: joined('left'),
    outerJoin: joined('outer'),
    joinOn: joinedOn('inner'),
    leftJoinOn: joinedOn('left'),
  };
}

interface ForeignKeyJoin {
  /** With the old row in each change. */
  readonly left: TableDraft;
  readonly right: TableDraft;
  readonly foreignKey: RowFunction;
  readonly options: StageOptions;
}

/**
 * Two stages: one by the key of the right rows, which answers what a left row is joined to, and one by
 * the key of the left rows, which keeps the newest answer.
 */
function onForeignKey(
  kind: 'inner' | 'left',
  { left, right, foreignKey, options }: ForeignKeyJoin,
): TableDraft {
  const { pipeline } = left.flow;
  const step = rowStep('flatMap', (change) => subscriptions(foreignKey, change));
  const subscribing: Keyed = { flow: withRowStep(left.flow, step), key: placeOf };
  const operator = foreignKeyJoin(kind) as Operator;
  const name = options.name ?? [nameOf(left.flow), nameOf(right.flow), operator.name].join('-');
  const asked = { ...options, name: `${name}-answers` };
  const answers = flowOf(pipeline, stageDraft([subscribing, right], operator, asked));
  const keyed: Keyed = { flow: answers, key: rowKey };
  const newest = stageDraft([keyed], newestAnswers() as Operator, { ...options, name });
  return toldBy(pipeline, newest);
}

interface Placed extends Subscription {
  /** Where it is asked: the foreign key, or where it does not matter. */
  readonly at: string;
}

const placeOf = (subscription: never): string => (subscription as { readonly at: string }).at;

/** A change of a left row: it leaves the right row that it pointed to, and asks the one that it points to. */
function subscriptions(foreignKey: RowFunction, { key, value, old }: SeenChange): Placed[] {
  const from = unlessRefused(() => pointer(foreignKey, old, key));
  const to = pointer(foreignKey, value, key);
  const asked: Placed =
    to === undefined
      ? { at: key, key, row: value, way: 'none' }
      : { at: to, key, row: value, way: 'to' };
  return from === undefined || from === to ? [asked] : [{ at: from, key, way: 'off' }, asked];
}

/** The foreign key of a row, if there is a row and it has one. */
function pointer(foreignKey: RowFunction, row: unknown, key: string): string | undefined {
  const pointed = row === undefined ? undefined : atOnce(foreignKey(row, key));
  if (pointed === undefined || pointed === null) return undefined;
  const text = toKey(pointed);
  if (text === undefined) throw new BadRecordError(`of a foreign key: ${NO_KEY}`);
  return text;
}

function tableBehind(other: unknown, pipeline: string): TableDraft {
  const draft = draftOf(other) as TableDraft | undefined;
  const isTable = draft !== undefined && 'isTold' in draft;
  if (isTable && draft.flow.pipeline === pipeline) return draft;
  throw new PlanError(
    'STAGE_INVALID',
    isTable
      ? `a table of the pipeline ${pipeline} is joined to one of ${draft.flow.pipeline}`
      : 'a table is joined to something that is no table',
    'Give a table of the same pipeline, such as stream.keyBy(...).toTable().',
  );
}
