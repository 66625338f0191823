import { BadRecordError, NotStorableError, TidemarkError } from '../errors.ts';

/** What a log line says of an error. */
export interface LoggedError {
  readonly name: string;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
  /** Where it was thrown. */
  readonly stack?: readonly string[];
  readonly cause?: LoggedError;
}

/** So many places are told, and so many causes. */
const PLACES_MAX = 10;
const CAUSES_MAX = 3;

/**
 * An error without anything that it may quote of an event: the library's own messages are known to hold
 * no key and no payload, but for two kinds; of all other errors only name, code and places are told.
 */
export function loggedError(error: unknown, causes = CAUSES_MAX): LoggedError {
  if (!(error instanceof Error)) return { name: typeof error };
  const { code } = error as { code?: unknown };
  const places = placesOf(error);
  return {
    name: WORD.test(error.name) ? error.name : 'Error',
    ...(typeof code === 'string' && WORD.test(code) && { code }),
    ...(isQuotable(error) && { message: error.message }),
    ...(error instanceof TidemarkError && error.hint !== undefined && { hint: error.hint }),
    ...(places.length > 0 && { stack: places }),
    ...(error.cause instanceof Error &&
      causes > 0 && { cause: loggedError(error.cause, causes - 1) }),
  };
}

/** Names of classes and codes: they hold no data. */
const WORD = /^[A-Za-z_$][\w$.]{0,79}$/;

/** These two name a property or say what a schema says. */
const isQuotable = (error: Error): boolean =>
  error instanceof TidemarkError &&
  !(error instanceof NotStorableError) &&
  !(error instanceof BadRecordError);

/** The lines of the stack below the message; none if it cannot be told where that ends. */
function placesOf({ stack = '', message }: Error): string[] {
  const at = stack.indexOf(message);
  if (at < 0) return [];
  const lines = stack.slice(at + message.length).split('\n');
  const places = lines.map((line) => line.trim()).filter((line) => line.startsWith('at '));
  return places.slice(0, PLACES_MAX);
}
