import { setImmediate as turn } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { deadlinePassed, eitherOf, refuseAfter } from '../deadline.ts';
import { UnavailableError } from '../errors.ts';
import { type Backoff, type BackoffOptions, fullJitter } from './backoff.ts';
import type { ConsumedUnits } from './units.ts';

/** How a store or a sink reaches DynamoDB. */
export interface Access {
  readonly client: DynamoDBClient;
  /** How many requests of one call run at the same time. */
  readonly concurrency: number;
  readonly backoff: Backoff;
  readonly onConsumed: (units: ConsumedUnits) => void;
  /** Once it aborts, no request is sent any more. */
  readonly signal: AbortSignal | undefined;
}

export interface AccessOptions {
  /** Best made by dynamoClient, whose timeouts and retries the library counts on. */
  readonly client: DynamoDBClient;
  /** How many requests of one call run at the same time. */
  readonly concurrency?: number;
  /** For what the SDK does not retry: parts of a batch that DynamoDB leaves unprocessed. */
  readonly backoff?: BackoffOptions;
  /** Told what each request cost. */
  readonly onConsumed?: (units: ConsumedUnits) => void;
}

export function openAccess(options: AccessOptions, concurrency: number): Access {
  return {
    client: options.client,
    concurrency: options.concurrency ?? concurrency,
    backoff: fullJitter(options.backoff),
    onConsumed: options.onConsumed ?? (() => {}),
    signal: undefined,
  };
}

export function accessUntil(access: Access, signal: AbortSignal): Access {
  return { ...access, signal: eitherOf(access.signal, signal) };
}

/** Tells a second listener of what is written. */
export function accessMetered(access: Access, spent: (writeUnits: number) => void): Access {
  return {
    ...access,
    onConsumed(units) {
      access.onConsumed(units);
      if (units.writeUnits !== undefined) spent(units.writeUnits);
    },
  };
}

/**
 * Sends one request. Throws DeadlineError if the time is over or ends meanwhile, and UnavailableError
 * for what may pass but outlasted the SDK's retries. Other errors (a missing table, a missing right,
 * an item too large) are thrown as they are: trying again would not help.
 */
export async function call<T>(
  { signal }: Access,
  send: (options: { abortSignal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  // The end of an invocation is a timer, and timers wait for whatever computes: let it come first.
  await turn();
  refuseAfter(signal);
  try {
    return await send(signal === undefined ? {} : { abortSignal: signal });
  } catch (error) {
    if (signal?.aborted && nameOf(error) === 'AbortError') throw deadlinePassed(error);
    throw mayPass(error) ? unavailable(error) : error;
  }
}

/** Whether DynamoDB answered that the condition of a write does not hold. */
export const isRefused = (error: unknown): boolean =>
  nameOf(error) === 'ConditionalCheckFailedException';

function unavailable(error: unknown): UnavailableError {
  return new UnavailableError(`dynamodb answered "${nameOf(error)}" after all retries`, {
    hint: 'It is tried again with the batch; if it lasts, look at the throttles of the table.',
    cause: error,
  });
}

function mayPass(error: unknown): boolean {
  const { code, $metadata } = error as { code?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 500 || status === 429 || PASSING.has(nameOf(error)) || PASSING.has(code ?? '');
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : String(error));

/**
 * Names of throttles and codes of network failures.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
const PASSING: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'LimitExceededException',
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
