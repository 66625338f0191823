import { NotStorableError, TidemarkError } from '../errors.ts';
import type { StagePlan } from '../topology/plan.ts';

/**
 * Runs a codec of the stage over what a key has come to: here it is known whose it is.
 *
 * @throws NotStorableError with the stage, without key and value
 */
export function storing<T>({ name }: Pick<StagePlan, 'name'>, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    if (cause instanceof TidemarkError && !(cause instanceof NotStorableError)) throw cause;
    throw new NotStorableError(`stage ${name} cannot store what it has of a key`, {
      hint: `Let merge() of the aggregate of stage ${name} give what JSON can hold, or give it a codec: the cause says what it could not hold. Nothing is lost until then.`,
      cause,
    });
  }
}
