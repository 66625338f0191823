import { PlanError } from '../errors.ts';
import { intervalJoin, type JoinKind } from '../operators/interval-join.ts';
import type { Operator } from '../operators/operator.ts';
import { DAYS } from '../time/duration.ts';
import { type Build, draftOf } from './build.ts';
import type { JoinOptions } from './options.ts';
import { given } from './settings.ts';
import { DROPPED, flowOf, type Keyed, stageDraft } from './stage.ts';
import type { KeyedStream } from './stream.ts';
import { checkSideOutput } from './windowed.ts';

type Joins = Pick<KeyedStream<never>, 'join' | 'leftJoin' | 'rightJoin' | 'outerJoin'>;

/** Joins of a keyed stream, which is their left side. */
export function joins(build: Build, left: Keyed): Joins {
  const joined = (kind: JoinKind) => (other: unknown, options: JoinOptions) => {
    const right = rightSide(left, other);
    const operator = intervalJoin({ kind, ...boundsOf(options) }) as Operator;
    const { before, after, within, sideOutput, ...stage } = options;
    if (sideOutput !== undefined) checkSideOutput(sideOutput);
    const draft = stageDraft([left, right], operator, stage, { ...DROPPED, sideOutput });
    return build.stream(flowOf(left.flow.pipeline, draft));
  };
  return {
    join: joined('inner'),
    leftJoin: joined('left'),
    rightJoin: joined('right'),
    outerJoin: joined('outer'),
  } as Joins;
}

function rightSide({ flow }: Keyed, other: unknown): Keyed {
  const right = draftOf(other) as Keyed | undefined;
  if (right === undefined || !('key' in right) || 'isTold' in right) throw noStream();
  if (right.flow.pipeline === flow.pipeline) return right;
  throw new PlanError(
    'STAGE_INVALID',
    `a stream of ${flow.pipeline} is to be joined with one of ${right.flow.pipeline}`,
    'Begin both with the same pipeline().',
  );
}

/** Far beyond any use, and times with it added are still exact. */
const FARTHEST_MS = 1_000 * 365 * DAYS;

function boundsOf(options: JoinOptions): { readonly beforeMs: number; readonly afterMs: number } {
  const { before, after, within } = options ?? {};
  const isOneSided = before !== undefined || after !== undefined;
  if (within === undefined && !isOneSided) throw noBounds();
  if (within !== undefined && isOneSided)
    throw twoBounds(before === undefined ? 'after' : 'before');
  for (const [name, ms] of Object.entries({ before, after, within })) checkBound(name, ms ?? 0);
  const beforeMs = before ?? within ?? 0;
  const afterMs = after ?? within ?? 0;
  if (beforeMs + afterMs >= 0) return { beforeMs, afterMs };
  throw new PlanError(
    'DURATION_INVALID',
    `a join reaches from ${beforeMs} ms before to ${afterMs} ms after`,
    'Give bounds that leave something between them: the sum of before and after may not be negative.',
  );
}

function checkBound(name: string, ms: number): void {
  if (Number.isSafeInteger(ms) && Math.abs(ms) <= FARTHEST_MS) return;
  const isTooFar = typeof ms === 'number' && Math.abs(ms) > FARTHEST_MS;
  throw new PlanError(
    'DURATION_INVALID',
    `${name} of a join is ${given(ms)}${isTooFar ? ', which is more than 1,000 years' : ''}`,
    'Give a whole number of ms, such as 5 * MINUTES: events wait that long for one another.',
  );
}

const twoBounds = (other: string): PlanError =>
  new PlanError(
    'DURATION_INVALID',
    `a join is given within and ${other}`,
    'Give within, which reaches as far to both sides, or before and after, which reach to one each.',
  );

const noBounds = (): PlanError =>
  new PlanError(
    'DURATION_INVALID',
    'a join was not told how far apart two events may be',
    'Give within, as in { within: 5 * MINUTES }, or before and after: streams have no end, so a pair must.',
  );

const noStream = (): PlanError =>
  new PlanError(
    'STAGE_INVALID',
    'a join was given something that is no keyed stream',
    'Give the other stream after its keyBy().',
  );
