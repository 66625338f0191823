import type { BadRecordPolicy, Plan, SinkPlan, SourcePlan, StagePlan } from './plan.ts';

/** A plan as data that JSON can hold: names and settings, without its functions. All durations in ms. */
export interface PlanDescription {
  readonly pipeline: string;
  readonly streams: readonly StreamDescription[];
  readonly stages: readonly StageDescription[];
}

export interface StreamDescription {
  readonly name: string;
  readonly outOfOrdernessMs: number;
  readonly maxFutureSkewMs: number;
  /** `null`: the source promises none. */
  readonly maxDelayMs: number | null;
  readonly onBadRecord: BadRecordPolicy;
}

export interface StageDescription {
  readonly name: string;
  /** The stream that it reads. */
  readonly from: string;
  /** What happens to an event before it is folded, in order. */
  readonly steps: readonly string[];
  readonly operator: string;
  readonly resolutionMs: number;
  readonly buckets: number;
  readonly keysPerChunk: number;
  readonly to: SinkPlan;
}

export const describeJson = (plan: Plan): PlanDescription => ({
  pipeline: plan.name,
  streams: plan.sources.map(describeStream),
  stages: plan.stages.map(describeStage),
});

const describeStream = (source: SourcePlan): StreamDescription => ({
  name: source.name,
  outOfOrdernessMs: source.outOfOrdernessMs,
  maxFutureSkewMs: source.maxFutureSkewMs,
  maxDelayMs: source.maxDelayMs ?? null,
  onBadRecord: source.onBadRecord,
});

const describeStage = (stage: StagePlan): StageDescription => ({
  name: stage.name,
  from: stage.source,
  steps: [...stage.steps.map(({ kind }) => kind), 'keyBy'],
  operator: stage.operator.name,
  resolutionMs: stage.resolutionMs,
  buckets: stage.buckets,
  keysPerChunk: stage.keysPerChunk,
  to: { kind: stage.sink.kind, name: stage.sink.name },
});
