import { DeadlineError } from './errors.ts';

/** Refuses to begin anything once the time of an invocation is over. Throws DeadlineError. */
export function refuseAfter(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw deadlinePassed(signal.reason);
}

/** What a call that the deadline cut off, or kept from starting, is told. */
export function deadlinePassed(cause?: unknown): DeadlineError {
  return new DeadlineError('the time for this invocation is over', {
    hint: 'What was not committed comes again; give the function more time if this repeats.',
    cause,
  });
}

/** Aborts with the first of the two. */
export function eitherOf(outer: AbortSignal | undefined, inner: AbortSignal): AbortSignal {
  return outer === undefined ? inner : AbortSignal.any([outer, inner]);
}
