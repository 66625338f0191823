import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { ConfigurationError, UnavailableError } from '../errors.ts';

/** How one stream is reached. */
export interface StreamAccess {
  readonly client: KinesisClient;
  readonly streamName: string;
  /** The pause between two reads of one shard, ms. */
  readonly readPauseMs: number;
  /** Nothing that arrived before is delivered, ms; `undefined`: all that the stream has is. */
  readonly startAt?: number | undefined;
  /** The clock, in ms. */
  readonly now: () => number;
}

const TRIES_MAX = 6;
const THROTTLES = [
  'ProvisionedThroughputExceededException',
  'LimitExceededException',
  'ThrottlingException',
  'KMSThrottlingException',
];

/** Sends a command, again after a throttle. Throws UnavailableError when that happens too often. */
export async function retried<Answer>(
  { readPauseMs }: StreamAccess,
  send: () => Promise<Answer>,
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      if (!isNamed(error, ...THROTTLES)) throw error;
      if (tries === TRIES_MAX) throw throttled(error);
      // By chance, so that readers that were refused together do not come again together.
      await sleep(readPauseMs * tries * (0.5 + Math.random()));
    }
  }
}

/** The same for a command about the whole stream: throws SOURCE_MISSING if there is none. */
export async function retriedOrMissing<Answer>(
  access: StreamAccess,
  send: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await retried(access, send);
  } catch (error) {
    if (!isNamed(error, 'ResourceNotFoundException')) throw error;
    throw new ConfigurationError(
      'SOURCE_MISSING',
      `the stream "${access.streamName}" does not exist`,
      'Create the stream, or correct the name, the region or the endpoint of the client.',
    );
  }
}

/** Whether the API answered with one of these errors. */
export const isNamed = (error: unknown, ...names: string[]): boolean =>
  error instanceof Error && names.includes(error.name);

const throttled = (cause: unknown): UnavailableError =>
  new UnavailableError(`kinesis refused ${TRIES_MAX} calls in a row for going too fast`, {
    hint: 'Give the stream more shards, or other readers of it enhanced fan-out.',
    cause,
  });
