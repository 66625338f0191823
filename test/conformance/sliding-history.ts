import { type Bounds, type Late, numberIn, type Vector } from './vector.ts';

/** Late for all of its windows: also for the last one, which would begin with it. */
export const isWhollyLate = ({ inputs }: Vector, { i, windows = [] }: Late): boolean =>
  windows.some(({ start }) => start === inputs[i]?.ts);

const isSliding = ({ operator }: Vector): boolean => operator === 'window.sliding';

const spanOf = ({ params }: Vector): number => numberIn(params, 'timeDifference') ?? 0;

/** True if some event lies nearer to 1970 than the span: such events share one window there. */
export const nearBeginning = (vector: Vector): boolean =>
  isSliding(vector) &&
  vector.inputs.some(({ ts = 0, type }) => type === 'record' && ts < spanOf(vector));

/** Events that were dropped for windows that had closed, but not for all. */
const partlyLate = (vector: Vector): Late[] =>
  isSliding(vector) ? vector.expected.late.filter((late) => !isWhollyLate(vector, late)) : [];

export const hasPartlyLate = (vector: Vector): boolean => partlyLate(vector).length > 0;

/** True for windows of which the engine says otherwise by the two rules on sliding windows. */
export function isLeftOut(vector: Vector): (key: string, window: Bounds) => boolean {
  const late = partlyLate(vector).map(({ i }) => vector.inputs[i]);
  const isNear = nearBeginning(vector);
  return (key, { start, end }) =>
    (isNear && start <= 0) ||
    late.some((event) => {
      const ts = event?.ts ?? 0;
      return event?.key === key && start <= ts + 1 && end >= ts;
    });
}
