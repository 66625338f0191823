import { setImmediate as turn } from 'node:timers/promises';
import { deadlinePassed, refuseAfter } from './deadline.ts';
import { UnavailableError } from './errors.ts';

/** Who is called, and until when. */
export interface Callee {
  /** In words, as in `"kinesis" answered ...`. */
  readonly service: string;
  /** What to look at if it goes on refusing. */
  readonly hint: string;
  /** Once it aborts, no request is sent any more. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends one request. Throws DeadlineError if the time is over or ends meanwhile, and UnavailableError
 * for what may pass but outlasted the SDK's retries. Other errors (what does not exist, a missing right,
 * a request that is too large) are thrown as they are: trying again would not help.
 */
export async function remoteCall<T>(
  { service, hint, signal }: Callee,
  send: (options: { abortSignal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  // The end of an invocation is a timer, and timers wait for whatever computes: let it come first.
  await turn();
  refuseAfter(signal);
  try {
    return await send(signal === undefined ? {} : { abortSignal: signal });
  } catch (error) {
    if (signal?.aborted && nameOf(error) === 'AbortError') throw deadlinePassed(error);
    if (!mayPass(error)) throw error;
    const what = `${service} answered "${nameOf(error)}" after all retries`;
    throw new UnavailableError(what, { hint, cause: error });
  }
}

/** Whether the same request may be taken later, without anybody changing anything. */
export function mayPass(error: unknown): boolean {
  const { code, $metadata } = error as { code?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 500 || status === 429 || PASSING.has(nameOf(error)) || PASSING.has(code ?? '');
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : String(error));

/**
 * Names of throttles and codes of network failures.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
const PASSING: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'LimitExceededException',
  'KMSThrottlingException',
  'KmsThrottled',
  'SlowDown',
  'TransactionConflictException',
  'ReplicatedWriteConflictException',
  'TimeoutError',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
