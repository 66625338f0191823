import { PlanError } from '../errors.ts';
import { type Build, draftOf, standsFor } from './build.ts';
import { type Flow, planOf, united } from './draft.ts';
import { type LookupOptions, lookupStep } from './lookup.ts';
import type { DedupeOptions } from './options.ts';
import type { OutputPlan, Plan, SinkPlan, Step } from './plan.ts';
import { deduped } from './processes.ts';
import { checkFunction } from './settings.ts';
import { checkSink } from './sinks.ts';
import { relayDraft } from './stage.ts';
import type { Stream } from './stream.ts';

type Predicate = (event: unknown) => boolean;

/** A stream as its author sees it. */
export function stream(build: Build, flow: Flow): Stream<never> {
  const then = (kind: Step['kind'], apply: unknown): Stream<never> => {
    checkFunction(`what ${kind}() is given`, apply);
    return build.stream(withStep(flow, Object.freeze({ kind, apply }) as Step));
  };
  const methods = {
    filter: (predicate: unknown) => then('filter', predicate),
    map: (change: unknown) => then('map', change),
    flatMap: (change: unknown) => then('flatMap', change),
    peek: (look: unknown) => then('peek', look),
    project: (...names: readonly string[]) => then('map', projection(names)),
    branch(...predicates: readonly Predicate[]) {
      for (const predicate of predicates) checkFunction('what branch() is given', predicate);
      return Object.freeze([
        ...predicates.map((predicate, n) => then('filter', onlyFirst(predicates, predicate, n))),
        then('filter', (event: unknown) => !predicates.some((predicate) => predicate(event))),
      ]);
    },
    merge: (...others: readonly unknown[]) => build.stream(merged(flow, others.map(flowBehind))),
    dedupe: (options: DedupeOptions<never>) => deduped(build, flow, options),
    lookup: (rows: unknown, options: LookupOptions<never>) =>
      build.stream(withStep(flow, lookupStep(flow, rows, options))),
    keyBy(key: (event: never) => string | number) {
      checkFunction('what keyBy() is given', key);
      return build.keyed({ flow, key });
    },
    to: (sink: SinkPlan) => ended(flow, sink),
  };
  return standsFor(methods, flow) as unknown as Stream<never>;
}

/** The plan of a flow that goes to a sink. */
export function ended(flow: Flow, sink: SinkPlan): Plan {
  checkSink(sink);
  const { pipeline, shape } = flow;
  const told = flow.paths.flatMap(({ origin, steps }): Plan[] => {
    if (origin.kind === 'stream') return [];
    const { draft, tag } = origin;
    const output: OutputPlan = { steps, shape, sink, ...(tag === undefined ? {} : { tag }) };
    return [planOf(pipeline, draft, [output])];
  });
  const raw = flow.paths.filter(({ origin }) => origin.kind === 'stream');
  const relayed = raw.length > 0 ? [relayDraft({ ...flow, paths: raw }, sink)] : [];
  const plans = relayed.map((draft) => planOf(pipeline, draft, [{ steps: [], shape, sink }]));
  return [...told, ...plans].reduce(united);
}

const withStep = (flow: Flow, step: Step): Flow => ({
  ...flow,
  paths: flow.paths.map(({ origin, steps }) => ({ origin, steps: [...steps, step] })),
  shape: step.kind === 'flatMap' ? 'events' : flow.shape,
});

function merged(flow: Flow, others: readonly Flow[]): Flow {
  const stranger = others.find(({ pipeline }) => pipeline !== flow.pipeline);
  if (stranger !== undefined) throw twoPipelines(flow, stranger);
  const all = [flow, ...others];
  return {
    pipeline: flow.pipeline,
    paths: all.flatMap(({ paths }) => paths),
    shape: all.every(({ shape }) => shape === flow.shape) ? flow.shape : 'events',
    revises: all.some(({ revises }) => revises),
  };
}

function flowBehind(other: unknown): Flow {
  const flow = draftOf(other) as Flow | undefined;
  if (flow !== undefined && 'paths' in flow) return flow;
  throw new PlanError(
    'STAGE_INVALID',
    'merge() was given something that is no stream',
    'Give streams of the same pipeline, before keyBy().',
  );
}

const twoPipelines = (one: Flow, other: Flow): PlanError =>
  new PlanError(
    'STAGE_INVALID',
    `a stream of the pipeline ${one.pipeline} is to be merged with one of ${other.pipeline}`,
    'Begin both with the same pipeline().',
  );

/** Passes to a branch what no branch before it has taken. */
const onlyFirst =
  (predicates: readonly Predicate[], predicate: Predicate, n: number): Predicate =>
  (event) =>
    !predicates.slice(0, n).some((before) => before(event)) && predicate(event);

const projection =
  (names: readonly string[]) =>
  (event: Readonly<Record<string, unknown>>): Record<string, unknown> => {
    const kept: Record<string, unknown> = {};
    for (const name of names) if (Object.hasOwn(event, name)) kept[name] = event[name];
    return kept;
  };
