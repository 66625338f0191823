import { NotStorableError, PlanError } from '../errors.ts';
import { jsonText } from '../schema/json-codec.ts';

/**
 * What a key remembers is held as JSON text, and read anew each time: no function can change by accident
 * what another one was given, or what was told.
 *
 * @throws NotStorableError for what JSON cannot hold
 */
export const stateText = (value: unknown): string => jsonText(value, 'relaxed');

/** A value as it is told: a copy, so that it stays what it was. @throws NotStorableError */
export const copyOf = <T>(value: T): T => JSON.parse(stateText(value)) as T;

/** Of a setting. @throws PlanError SETTING_INVALID */
export function checkInitial(what: string, value: unknown): string {
  try {
    return stateText(value);
  } catch (cause) {
    if (!(cause instanceof NotStorableError)) throw cause;
    throw new PlanError(
      'SETTING_INVALID',
      `${what} cannot be stored: ${cause.message}`,
      'Give what JSON can hold: null, texts, finite numbers, booleans, arrays and plain objects.',
    );
  }
}
