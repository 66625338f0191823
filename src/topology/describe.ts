import { formatDuration } from '../time/duration.ts';
import type { LatePlan, Plan, SourcePlan, StagePlan } from './plan.ts';

/** The plan in words, for reviews and goldens: a changed name or setting shows up as a changed line. */
export function describe(plan: Plan): string {
  const parts = [...plan.sources.flatMap(describeSource), ...plan.stages.flatMap(describeStage)];
  return [`pipeline ${plan.name}`, ...parts.map((line) => `  ${line}`)].join('\n');
}

function describeSource(source: SourcePlan): string[] {
  const maxDelay = source.maxDelayMs === undefined ? 'none' : formatDuration(source.maxDelayMs);
  return [
    `stream ${source.name}`,
    `  outOfOrderness ${formatDuration(source.outOfOrdernessMs)}`,
    `  maxFutureSkew  ${formatDuration(source.maxFutureSkewMs)}`,
    `  maxDelay       ${maxDelay}`,
    `  onBadRecord    ${source.onBadRecord}`,
  ];
}

function describeStage(stage: StagePlan): string[] {
  return [
    `stage ${stage.name}`,
    `  from       ${[stage.source, ...stage.steps.map((step) => step.kind), 'keyBy'].join(' > ')}`,
    `  operator   ${stage.operator.name}`,
    `  late       ${describeLate(stage.late)}`,
    `  resolution ${formatDuration(stage.resolutionMs)}`,
    `  buckets    ${stage.buckets}`,
    `  chunks of  ${stage.keysPerChunk} keys`,
    `  to         ${stage.sink.kind} ${stage.sink.name}`,
  ];
}

function describeLate({ allowedLatenessMs, emitEveryMs, sideOutput }: LatePlan): string {
  const update = allowedLatenessMs > 0 ? `update for ${formatDuration(allowedLatenessMs)}` : 'drop';
  const side = sideOutput === undefined ? '' : `, keep in ${sideOutput.name}`;
  return `${update}${side}${emitEveryMs > 0 ? `, early every ${formatDuration(emitEveryMs)}` : ''}`;
}

/**
 * What must not change under stored state: two plans with the same fingerprint read each other's
 * segments and fire each other's slots alike.
 */
export function fingerprint(stage: StagePlan): string {
  return [
    `source=${stage.source}`,
    `operator=${stage.operator.name}`,
    `resolution=${stage.resolutionMs}`,
    `buckets=${stage.buckets}`,
    `span=${stage.operator.segmentSpanMs}`,
    `chunk=${stage.keysPerChunk}`,
  ].join(' ');
}
