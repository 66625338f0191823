import type { Shape } from '../schema/shape.ts';
import { stepText } from './lookup.ts';
import type { BadRecordPolicy, From, Plan, SinkPlan, SourcePlan, StagePlan } from './plan.ts';
import { checkPlan } from './plan-check.ts';
import { notionOf, type TimeNotion } from './time-notion.ts';

/** A plan as data that JSON can hold: names and settings, without its functions. All durations in ms. */
export interface PlanDescription {
  readonly pipeline: string;
  readonly streams: readonly StreamDescription[];
  readonly stages: readonly StageDescription[];
}

export interface StreamDescription {
  readonly name: string;
  readonly time: TimeNotion;
  readonly outOfOrdernessMs: number;
  readonly maxFutureSkewMs: number;
  /** `null`: the source promises none. */
  readonly maxDelayMs: number | null;
  readonly onBadRecord: BadRecordPolicy;
}

export interface StageDescription {
  readonly name: string;
  readonly inputs: readonly InputDescription[];
  readonly operator: string;
  readonly late: LateDescription;
  readonly resolutionMs: number;
  readonly buckets: number;
  readonly keysPerChunk: number;
  readonly outputs: readonly OutputDescription[];
}

export interface InputDescription {
  /** The stream or the stage that is read. */
  readonly from: From;
  /** What happens to an event before it is folded, in order. */
  readonly steps: readonly string[];
  /** Which input of the operator it is, from 0. */
  readonly side: number;
}

/** What becomes of late events; with all of it 0 or `null` they are dropped. */
export interface LateDescription {
  readonly allowedLatenessMs: number;
  /** How often open windows tell what they have so far. */
  readonly emitEveryMs: number;
  /** Where late events go. */
  readonly sideOutput: string | null;
}

export interface OutputDescription {
  /** Of several kinds of results, the ones of this name. */
  readonly tag?: string;
  /** What happens to a result on its way, in order. */
  readonly steps: readonly string[];
  /** What the sink has one row of. */
  readonly shape: Shape;
  readonly to: SinkPlan;
}

/**
 * A plan as plain JSON, for tools; what is a function in it is left out.
 *
 * @throws PlanError PLAN_INVALID
 */
export function describeJson(plan: Plan): PlanDescription {
  checkPlan('describeJson()', plan);
  const { name: pipeline, sources, stages } = plan;
  return { pipeline, streams: sources.map(describeStream), stages: stages.map(describeStage) };
}

const describeStream = (source: SourcePlan): StreamDescription => ({
  name: source.name,
  time: notionOf(source),
  outOfOrdernessMs: source.outOfOrdernessMs,
  maxFutureSkewMs: source.maxFutureSkewMs,
  maxDelayMs: source.maxDelayMs ?? null,
  onBadRecord: source.onBadRecord,
});

const describeStage = (stage: StagePlan): StageDescription => ({
  name: stage.name,
  inputs: stage.inputs.map(({ from, steps, side }) => ({
    from: { ...from },
    steps: [...steps.map(stepText), ...(stage.buckets > 0 ? ['keyBy'] : [])],
    side,
  })),
  operator: stage.operator.name,
  late: {
    allowedLatenessMs: stage.late.allowedLatenessMs,
    emitEveryMs: stage.late.emitEveryMs,
    sideOutput: stage.late.sideOutput?.name ?? null,
  },
  resolutionMs: stage.resolutionMs,
  buckets: stage.buckets,
  keysPerChunk: stage.keysPerChunk,
  outputs: stage.outputs.map(({ tag, steps, shape, sink }) => ({
    ...(tag === undefined ? {} : { tag }),
    steps: steps.map(({ kind }) => kind),
    shape,
    to: { ...sink },
  })),
});
