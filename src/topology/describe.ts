import { formatDuration } from '../time/duration.ts';
import { stepText } from './lookup.ts';
import {
  type InputPlan,
  type LatePlan,
  type OutputPlan,
  type Plan,
  type SourcePlan,
  type StagePlan,
  stagesBefore,
  streamsOf,
} from './plan.ts';
import { checkPlan } from './plan-check.ts';
import { notionOf } from './time-notion.ts';

/**
 * The plan in words, for reviews and goldens: a changed name or setting shows up as a changed line.
 *
 * @throws PlanError PLAN_INVALID
 */
export function describe(plan: Plan): string {
  checkPlan('describe()', plan);
  const parts = [...plan.sources.flatMap(describeSource), ...plan.stages.flatMap(describeStage)];
  return [`pipeline ${plan.name}`, ...parts.map((line) => `  ${line}`)].join('\n');
}

function describeSource(source: SourcePlan): string[] {
  const maxDelay = source.maxDelayMs === undefined ? 'none' : formatDuration(source.maxDelayMs);
  return [
    `stream ${source.name}`,
    `  time           ${notionOf(source)}`,
    `  outOfOrderness ${formatDuration(source.outOfOrdernessMs)}`,
    `  maxFutureSkew  ${formatDuration(source.maxFutureSkewMs)}`,
    `  maxDelay       ${maxDelay}`,
    `  onBadRecord    ${source.onBadRecord}`,
  ];
}

function describeStage(stage: StagePlan): string[] {
  return [
    `stage ${stage.name}`,
    ...stage.inputs.map((input) => `  from       ${inputText(stage, input)}`),
    `  operator   ${stage.operator.name}`,
    ...(stage.buckets > 0 ? describeFiring(stage) : []),
    ...stage.outputs.map((output) => `  to         ${outputText(output)}`),
  ];
}

/** What a stage without keys has nothing of. */
const describeFiring = (stage: StagePlan): string[] => [
  `  late       ${describeLate(stage.late)}`,
  `  resolution ${formatDuration(stage.resolutionMs)}`,
  `  buckets    ${stage.buckets}`,
  `  chunks of  ${stage.keysPerChunk} keys`,
];

/** Which input it is, where an operator has several. */
function inputText({ inputs, buckets }: StagePlan, { from, steps, side }: InputPlan): string {
  const way = [tagged(from.name, from.tag), ...steps.map(stepText)];
  const text = (buckets > 0 ? [...way, 'keyBy'] : way).join(' > ');
  return inputs.some((input) => input.side > 0) ? `${text} (input ${side})` : text;
}

const outputText = ({ tag, steps, sink }: OutputPlan): string =>
  [
    ...(tag === undefined ? [] : [tag]),
    ...steps.map(({ kind }) => kind),
    `${sink.kind} ${sink.name}`,
  ].join(' > ');

const tagged = (name: string, tag: string | undefined): string =>
  tag === undefined ? name : `${name} ${tag}`;

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
    `source=${[...streamsOf(stage), ...stagesBefore(stage)].join('+')}`,
    `operator=${stage.operator.name}`,
    `resolution=${stage.resolutionMs}`,
    `buckets=${stage.buckets}`,
    `span=${stage.operator.segmentSpanMs}`,
    `chunk=${stage.keysPerChunk}`,
    ...(stage.operator.filing === undefined ? [] : [`filing=${stage.operator.filing}`]),
  ].join(' ');
}
