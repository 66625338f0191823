import { BadRecordError, NotStorableError, PlanError } from '../errors.ts';
import { jsonText } from '../schema/json-codec.ts';

/**
 * What a key remembers is held as JSON text, and read anew each time: no function can change by accident
 * what another one was given, or what was told.
 *
 * @throws NotStorableError for what JSON cannot hold
 */
export const stateText = (value: unknown): string => jsonText(value, 'relaxed');

/** Bytes: what a key remembers fits in 390 KB, with where its events stood. */
const REMEMBERED_BYTES_MAX = 380 * 1024;

/**
 * One event, as it was made: its key must be able to remember it, or would stop the others of its bucket.
 *
 * @throws BadRecordError
 */
export function checkRemembered(text: string): void {
  if (text.length * 3 <= REMEMBERED_BYTES_MAX) return;
  const bytes = Buffer.byteLength(text);
  if (bytes <= REMEMBERED_BYTES_MAX) return;
  throw new BadRecordError(
    `an event takes ${bytes} bytes, and a key can remember one of ${REMEMBERED_BYTES_MAX}`,
  );
}

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
