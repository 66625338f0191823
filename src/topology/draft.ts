import { PlanError } from '../errors.ts';
import type { Shape } from '../schema/shape.ts';
import { deepFreeze } from './freeze.ts';
import type {
  From,
  InputPlan,
  OutputPlan,
  Plan,
  SinkKind,
  SinkPlan,
  SourcePlan,
  StagePlan,
  Step,
} from './plan.ts';

/** What events come from, before there is a plan. */
export type Origin =
  | { readonly kind: 'stream'; readonly source: SourcePlan }
  | { readonly kind: 'stage'; readonly draft: StageDraft; readonly tag?: string };

/** One way on which events come. */
export interface Path {
  readonly origin: Origin;
  readonly steps: readonly Step[];
}

/** What has been said so far of a stream: all ways on which its events come. */
export interface Flow {
  readonly pipeline: string;
  readonly paths: readonly Path[];
  /** What a table makes of it. */
  readonly shape: Shape;
  /** What it tells may be told anew, otherwise. */
  readonly revises: boolean;
}

/** A stage, and what it reads; where its results go is said later. */
export interface StageDraft {
  readonly stage: Omit<StagePlan, 'outputs'>;
  readonly before: readonly Origin[];
}

export const inputOf = (
  { origin, steps }: Path,
  key: InputPlan['key'],
  { side = 0, shape }: { readonly side?: number; readonly shape?: Shape } = {},
): InputPlan => ({
  from: fromOf(origin),
  steps,
  key,
  side,
  ...(shape === 'changes' && origin.kind === 'stage' ? { takesBack: true } : {}),
});

function fromOf(origin: Origin): From {
  if (origin.kind === 'stream') return { kind: 'stream', name: origin.source.name };
  const { draft, tag } = origin;
  return { kind: 'stage', name: draft.stage.name, ...(tag === undefined ? {} : { tag }) };
}

/** In words, for the names of stages that were given none. */
export const nameOf = ({ paths }: Flow): string =>
  [
    ...new Set(
      paths.map(({ origin }) =>
        origin.kind === 'stream' ? origin.source.name : origin.draft.stage.name,
      ),
    ),
  ].join('-');

/** The plan that ends with a stage whose results go to these sinks: all that it stands on. */
export function planOf(pipeline: string, draft: StageDraft, outputs: readonly OutputPlan[]): Plan {
  return deepFreeze({ ...ancestors(draft, outputs), name: pipeline });
}

function ancestors(draft: StageDraft, outputs: readonly OutputPlan[]): Omit<Plan, 'name'> {
  const none = { name: '', sources: [], stages: [] };
  const parts = draft.before.map(
    (origin): Plan =>
      origin.kind === 'stream'
        ? { ...none, sources: [origin.source] }
        : { ...none, ...ancestors(origin.draft, []) },
  );
  return united(parts.reduce(united, none), { ...none, stages: [{ ...draft.stage, outputs }] });
}

/** Everything of both; what both have must be the same thing. */
export function united(a: Plan, b: Plan): Plan {
  const sources = new Map(a.sources.map((source) => [source.name, source]));
  for (const source of b.sources) sources.set(source.name, sameSource(sources, source));
  const stages = new Map(a.stages.map((stage) => [stage.name, stage]));
  for (const stage of b.stages) stages.set(stage.name, bothOutputs(stages.get(stage.name), stage));
  checkSinks([...stages.values()]);
  return { name: a.name, sources: [...sources.values()], stages: [...stages.values()] };
}

function sameSource(known: ReadonlyMap<string, SourcePlan>, source: SourcePlan): SourcePlan {
  if ((known.get(source.name) ?? source) === source) return source;
  throw twice('streams', source.name);
}

function bothOutputs(known: StagePlan | undefined, stage: StagePlan): StagePlan {
  if (known === undefined) return stage;
  if (known.inputs !== stage.inputs) throw twice('stages', stage.name);
  return { ...known, outputs: [...known.outputs, ...stage.outputs] };
}

/** @throws PlanError SINK_INVALID for a sink that is two things, or a table whose rows could not be told apart */
function checkSinks(stages: readonly StagePlan[]): void {
  const sinks = new Map<string, Told>();
  for (const { name: stage, outputs } of stages) {
    for (const { sink, shape } of outputs) {
      const { kind } = sink;
      const {
        shape: other,
        stage: another,
        kind: known,
      } = sinks.get(sink.name) ?? { shape, stage, kind };
      if (known !== kind) throw twoKinds(sink.name, known, kind);
      if (other !== shape) throw shared(sink, `${other} and ${shape}`);
      // The row of an event has the stage in its position; a window, or a key, is the same for all.
      if (kind === 'table' && shape !== 'events' && another !== stage) {
        throw shared(sink, `${shape} of the stages ${another} and ${stage}`);
      }
      sinks.set(sink.name, { shape, stage, kind });
    }
  }
}

/** What a sink holds, and of which stage. */
interface Told {
  readonly shape: Shape;
  readonly stage: string;
  readonly kind: SinkKind;
}

const shared = ({ kind, name }: SinkPlan, what: string): PlanError =>
  new PlanError(
    'SINK_INVALID',
    `the ${kind} ${name} is to hold ${what}`,
    `Give each of them a ${kind} of its own.`,
  );

const twoKinds = (name: string, one: SinkKind, other: SinkKind): PlanError =>
  new PlanError(
    'SINK_INVALID',
    `${name} is to be a ${one} and a ${other}`,
    'Give each of them a name of its own.',
  );

const twice = (what: string, name: string): PlanError =>
  new PlanError(
    'NAME_DUPLICATE',
    `two ${what} are named ${name}`,
    'The state is stored under the names: give each its own, or use one and the same object twice.',
  );
