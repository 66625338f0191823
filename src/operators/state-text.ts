import { LimitError, NotStorableError, PlanError } from '../errors.ts';
import { jsonText } from '../schema/json-codec.ts';

/** A DynamoDB item holds 400 KB; the rest is for its key and its other attributes. */
const STATE_BYTES_MAX = 390 * 1024;

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

/** Of all that a key remembers: texts, and bytes besides. @throws LimitError */
export function checkStateSize(stage: string, texts: readonly string[], besides = 0): void {
  let bytes = besides;
  // Few states come near: a character has three bytes at most.
  for (const text of texts) bytes += text.length * 3;
  if (bytes <= STATE_BYTES_MAX) return;
  bytes = besides;
  for (const text of texts) bytes += encoder.encode(text).length;
  if (bytes <= STATE_BYTES_MAX) return;
  throw new LimitError(
    `stage ${stage} has ${bytes} bytes to remember of a key, ${STATE_BYTES_MAX} are allowed`,
    { hint: 'Remember less of each key, or split the key: nothing is lost until then.' },
  );
}

const encoder = new TextEncoder();
