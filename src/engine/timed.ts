import type { TimedStep } from '../observability/observer.ts';
import type { StageContext } from './ports.ts';

/** Does a step, and tells how long it took; of one that fails nothing is told. */
export async function timed<T>(
  { stage, clock, observe }: StageContext,
  step: TimedStep,
  run: () => Promise<T>,
): Promise<T> {
  const began = clock();
  const result = await run();
  observe({ kind: 'took', stage: stage.name, step, ms: clock() - began });
  return result;
}
