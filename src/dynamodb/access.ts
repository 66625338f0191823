import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Backoff, type BackoffOptions, fullJitter } from '../backoff.ts';
import { eitherOf } from '../deadline.ts';
import { checkedConcurrency } from '../parallel.ts';
import { remoteCall } from '../remote-call.ts';
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
    concurrency: checkedConcurrency(options.concurrency ?? concurrency),
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

/** Sends one request; see remoteCall for what it throws. */
export const call = <T>(
  { signal }: Access,
  send: (options: { abortSignal?: AbortSignal }) => Promise<T>,
): Promise<T> => remoteCall({ service: 'dynamodb', hint: HINT, signal }, send);

const HINT = 'It is tried again with the batch; if it lasts, look at the throttles of the table.';

/** Whether DynamoDB answered that the condition of a write does not hold. */
export const isRefused = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ConditionalCheckFailedException';
