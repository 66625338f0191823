import type { PolledRecord } from './kinesis-event.ts';

/** When a batch is full. */
export interface BatchLimits {
  /** Records. */
  readonly batchSize: number;
  /** How long records may wait for others, ms. */
  readonly batchingWindowMs: number;
}

/** What the poller knows when it asks for a batch. */
export interface BatchState {
  /** Time since the batching window opened, ms. */
  readonly waitedMs: number;
  /** Nothing will be added any more: the shard is at its end, or the batch comes again. */
  readonly complete: boolean;
}

/** The JSON of one event, at most. Source: "Lambda quotas" (synchronous invocation payload, 6 MB). */
export const EVENT_BYTES_MAX = 6 * 1_024 * 1_024;

const ENVELOPE_BYTES = Buffer.byteLength('{"Records":[]}');

/**
 * How many of the polled records make the next batch; 0: wait for more. A batch goes out when it
 * has `batchSize` records, when one more would pass the size of an event, or when its window ends,
 * whichever comes first. Source: "Batching behavior", AWS Lambda developer guide.
 */
export function cutBatch(
  polled: readonly PolledRecord[],
  limits: BatchLimits,
  state: BatchState,
): number {
  const count = countThatFits(polled, limits.batchSize);
  const isFull = count === limits.batchSize || count < polled.length;
  const isDue = state.complete || state.waitedMs >= limits.batchingWindowMs;
  return isFull || isDue ? count : 0;
}

function countThatFits(polled: readonly PolledRecord[], batchSize: number): number {
  let bytes = ENVELOPE_BYTES;
  let count = 0;
  for (const record of polled) {
    bytes += record.bytes;
    // A record too large for any event must not stop its shard here: the function is to see it.
    if (count === batchSize || (bytes > EVENT_BYTES_MAX && count > 0)) break;
    count += 1;
  }
  return count;
}
