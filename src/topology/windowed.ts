import { PlanError } from '../errors.ts';
import type { AnyAggregate } from '../operators/aggregate.ts';
import { alignedWindows } from '../operators/aligned-windows.ts';
import type { Operator } from '../operators/operator.ts';
import { perEventWindows } from '../operators/per-event-windows.ts';
import { sessions } from '../operators/sessions.ts';
import { updatingWindows } from '../operators/updating-windows.ts';
import type { WindowKind } from '../windows/window.ts';
import { aggregations } from './aggregations.ts';
import type { Build } from './build.ts';
import type { StageOptions } from './options.ts';
import type { LatePlan, SideSinkPlan } from './plan.ts';
import { checkDuration } from './settings.ts';
import { DROPPED, flowOf, type Keyed, stageDraft } from './stage.ts';
import type { WindowedStream } from './stream.ts';
import { results } from './window-rows.ts';

/** Windows of a keyed stream as their author sees them. */
export function windowed(
  build: Build,
  draft: Keyed,
  window: WindowKind,
  late: LatePlan = DROPPED,
): WindowedStream<never> {
  const compute = aggregations((aggregate: AnyAggregate, options?: StageOptions) => {
    const stage = stageDraft([draft], windowOperator(window, late, aggregate), options, late);
    return results(build, flowOf(draft.flow.pipeline, stage, { revises: isUpdated(late) }));
  });
  const later = (more: Partial<LatePlan>): WindowedStream<never> =>
    windowed(build, draft, window, { ...late, ...more });
  return Object.freeze({
    ...compute,
    allowedLateness: (allowedLatenessMs: number) => {
      checkDuration('the allowed lateness', allowedLatenessMs, 0);
      if (allowedLatenessMs > 0) checkUpdates(window);
      return later({ allowedLatenessMs });
    },
    sideOutput: (sideOutput: SideSinkPlan) => {
      checkSideOutput(sideOutput);
      return later({ sideOutput });
    },
    emit: (early: { readonly every: number }) => {
      const every = early?.every;
      checkDuration('the time between early results', every, 1);
      if (window.kind === 'session') throw noEarlySessions();
      checkUpdates(window);
      return later({ emitEveryMs: every });
    },
  }) as unknown as WindowedStream<never>;
}

/** More than one result may be told of one window. */
const isUpdated = ({ allowedLatenessMs, emitEveryMs }: LatePlan): boolean =>
  allowedLatenessMs > 0 || emitEveryMs > 0;

function windowOperator(window: WindowKind, late: LatePlan, aggregate: AnyAggregate): Operator {
  if (window.kind === 'session') return sessions({ ...window, ...late }, aggregate) as Operator;
  if (window.kind === 'perEvent') return perEventWindows(window, aggregate) as Operator;
  const operator = isUpdated(late)
    ? updatingWindows(window, aggregate, late)
    : alignedWindows(window, aggregate);
  return operator as Operator;
}

function checkUpdates(window: WindowKind): void {
  if (window.kind !== 'perEvent') return;
  throw new PlanError(
    'WINDOW_INVALID',
    'updates are wanted of sliding windows',
    'Choose a greater outOfOrderness: the windows of an event are told once, when they are complete.',
  );
}

/** @throws PlanError SINK_INVALID unless it is a place for late events */
export function checkSideOutput(sideOutput: SideSinkPlan): void {
  if (sideOutput?.kind === 'late') return;
  throw new PlanError(
    'SINK_INVALID',
    'sideOutput was not given a place for late events',
    "Give one such as lateEvents('late-clicks').",
  );
}

const noEarlySessions = (): PlanError =>
  new PlanError(
    'WINDOW_INVALID',
    'early results are wanted of sessions',
    'Leave out emit(): a session that is still open has no end, so its row could not be told apart.',
  );
