import { PlanError } from '../errors.ts';
import { deduplicate } from '../operators/dedupe.ts';
import type { Operator } from '../operators/operator.ts';
import { keyedProcess } from '../operators/process.ts';
import type { ProcessDefinition } from '../operators/process-context.ts';
import { checkInitial } from '../operators/state-text.ts';
import { checkSynchronous } from '../operators/user-function.ts';
import { DAYS } from '../time/duration.ts';
import { type Build, standsFor } from './build.ts';
import type { Flow } from './draft.ts';
import type { DedupeOptions, LateOptions, ProcessOptions } from './options.ts';
import type { LatePlan } from './plan.ts';
import { checkCount, checkFunction, checkName } from './settings.ts';
import { DROPPED, flowOf, type Keyed, stageDraft } from './stage.ts';
import type { Processed, Stream } from './stream.ts';
import { checkSideOutput } from './windowed.ts';

type AnyProcess = ProcessOptions<unknown, unknown, unknown, Record<string, unknown>, unknown>;

/** A stream through the state machine of its key. */
export function processed(
  build: Build,
  draft: Keyed,
  options: AnyProcess,
): Processed<never, never> {
  const { pipeline } = draft.flow;
  const definition = definitionOf(options);
  const stage = stageDraft([draft], keyedProcess(definition) as Operator, options, lateOf(options));
  const sideOutput = (tag: string) => {
    if (!definition.tags.includes(tag)) throw noTag(tag, definition);
    return build.stream(flowOf(pipeline, stage, { tag }));
  };
  const flow = flowOf(pipeline, stage);
  return standsFor({ ...build.stream(flow), sideOutput }, flow) as Processed<never, never>;
}

const MOST_MS = 36_500 * DAYS;

/** A stream without the repetitions of its events. */
export function deduped(build: Build, flow: Flow, options: DedupeOptions<never>): Stream<never> {
  checkFunction('what dedupe() tells events apart by', options?.by);
  checkCount('within of dedupe(), in ms,', options.within, 0, MOST_MS);
  const operator = deduplicate(options.within) as Operator;
  const stage = stageDraft([{ flow, key: options.by }], operator, options, lateOf(options));
  return build.stream(flowOf(flow.pipeline, stage));
}

/** @throws PlanError SINK_INVALID */
export function lateOf({ sideOutput }: LateOptions): LatePlan {
  if (sideOutput !== undefined) checkSideOutput(sideOutput);
  return { ...DROPPED, sideOutput };
}

/** @throws PlanError NAME_INVALID, SETTING_INVALID */
function definitionOf(options: AnyProcess): ProcessDefinition {
  checkName('a process', options?.name);
  const { name, initial, tags = [], onEvent, onTimer } = options;
  const what = (part: string): string => `${part} of ${name}`;
  for (const tag of tags) checkName(what('a side output'), tag);
  checkSynchronous(what('onEvent'), onEvent, CONTEXT);
  if (onTimer !== undefined) checkSynchronous(what('onTimer'), onTimer, CONTEXT);
  return {
    stage: name,
    initial: initial === undefined ? undefined : checkInitial(what('initial'), initial),
    tags: [...tags],
    functions: options,
  };
}

const CONTEXT = 'Give a function of the context, and of the event or the timer.';

const noTag = (tag: unknown, { stage, tags }: ProcessDefinition): PlanError =>
  new PlanError(
    'NAME_INVALID',
    `${stage} has no side output ${JSON.stringify(tag)}`,
    tags.length > 0 ? `It has ${tags.join(', ')}.` : "Name it: tags: ['rejected'].",
  );
