import { PlanError } from '../errors.ts';
import { type Operator, shapeOf } from '../operators/operator.ts';
import { relay } from '../operators/relay.ts';
import { type Flow, inputOf, nameOf, type StageDraft } from './draft.ts';
import { checkOptions, STAGE_OPTIONS } from './option-names.ts';
import type { StageOptions } from './options.ts';
import type { InputPlan, LatePlan, SinkPlan } from './plan.ts';
import { checkCount, checkDuration, checkName } from './settings.ts';
import { checkOneNotion } from './time-notion.ts';

/** A flow in groups by key. */
export interface Keyed {
  readonly flow: Flow;
  readonly key: InputPlan['key'];
}

/** Changes of rows, in groups by the key of their row. */
export interface TableDraft extends Keyed {
  /** They are told by a stage, with the old row in each; otherwise they are as a stream says them. */
  readonly isTold: boolean;
}

export const DROPPED: LatePlan = { allowedLatenessMs: 0, emitEveryMs: 0, sideOutput: undefined };

/**
 * A stage over one keyed flow, or over several, which are the sides of its operator in their order.
 *
 * @throws PlanError for settings that make no sense
 */
export function stageDraft(
  sides: readonly Keyed[],
  operator: Operator,
  options: StageOptions = {},
  late: LatePlan = DROPPED,
): StageDraft {
  const names = sides.map(({ flow }) => nameOf(flow));
  const name = options.name ?? [...new Set(names), operator.name].join('-');
  const buckets = options.buckets ?? 4;
  const keysPerChunk = options.keysPerChunk ?? 500;
  const resolutionMs = options.resolution ?? operator.resolutionMs;
  checkName('a stage', name);
  checkOptions(`the stage ${name}`, options, STAGE_OPTIONS);
  checkCount(`buckets of ${name}`, buckets, 1, 1024);
  checkCount(`keysPerChunk of ${name}`, keysPerChunk, 1, 10_000);
  checkDuration(`resolution of ${name}`, resolutionMs, 1);
  checkOneNotion(
    name,
    sides.flatMap(({ flow }) => flow.paths.map(({ origin }) => origin)),
  );
  for (const { flow } of sides) if (flow.revises) checkRetracts(name, operator);
  const inputs = sides.flatMap(({ flow, key }, side) =>
    flow.paths.map((path) => inputOf(path, key, { side, shape: flow.shape })),
  );
  const before = sides.flatMap(({ flow }) => flow.paths.map(({ origin }) => origin));
  return { stage: { name, inputs, operator, late, buckets, resolutionMs, keysPerChunk }, before };
}

/** A stage without keys: what it reads goes on as it comes. */
export function relayDraft(flow: Flow, sink: SinkPlan): StageDraft {
  const stage = {
    name: `${nameOf(flow)}-to-${sink.name}`,
    inputs: flow.paths.map((path) => inputOf(path, () => '')),
    operator: relay,
    late: DROPPED,
    buckets: 0,
    resolutionMs: relay.resolutionMs,
    keysPerChunk: 1,
  };
  checkName('a stage', stage.name);
  return { stage, before: flow.paths.map(({ origin }) => origin) };
}

/** What a stage tells, as a flow. */
export const flowOf = (
  pipeline: string,
  draft: StageDraft,
  { tag, revises = false }: { readonly tag?: string; readonly revises?: boolean } = {},
): Flow => ({
  pipeline,
  paths: [{ origin: { kind: 'stage', draft, ...(tag === undefined ? {} : { tag }) }, steps: [] }],
  shape: shapeOf(draft.stage.operator, tag),
  revises,
});

/** Changes of rows are in groups by the key of their row. */
export const rowKey = (change: never): string => (change as { readonly key: string }).key;

/** A table that a stage tells. */
export const toldBy = (pipeline: string, draft: StageDraft): TableDraft => ({
  flow: flowOf(pipeline, draft),
  key: rowKey,
  isTold: true,
});

function checkRetracts(name: string, { retracts }: Operator): void {
  if (retracts) return;
  throw new PlanError(
    'STAGE_INVALID',
    `${name} would count what is told anew a second time`,
    'Make a table of the results with asTable() first: its groupBy() takes back what it told before.',
  );
}
