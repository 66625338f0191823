import { backOffMs, pause } from './back-off.ts';
import { type BatchLimits, cutBatch, EVENT_BYTES_MAX } from './batch.ts';
import type { PolledRecord } from './kinesis-event.ts';
import { retryFrom } from './response.ts';
import type { ShardReader } from './shard-reader.ts';

/** Calls the function: its answer, or a rejection if it failed. */
export type Invoke = (event: unknown) => Promise<unknown>;

/** What happened to one batch. */
export interface BatchReport {
  readonly shardId: string;
  readonly records: number;
  /** How many of them are done; the others come again. */
  readonly done: number;
  /** What the function threw. */
  readonly error?: unknown;
}

/** One shard, and what is done with its batches. */
export interface ShardPollerOptions {
  readonly shardId: string;
  readonly reader: ShardReader;
  readonly limits: BatchLimits;
  readonly pollIntervalMs: number;
  readonly invoke: Invoke;
  readonly signal: AbortSignal;
  readonly onCheckpoint: (sequenceNumber: string) => void;
  readonly onBatch: (report: BatchReport) => void;
  /** A read failed; it will be tried again. */
  readonly onError: (error: unknown) => void;
}

/** One shard being polled. */
export interface ShardPoller {
  /** Settles when the shard is read to its end and all of it is done, or after the signal. Never rejects. */
  readonly finished: Promise<'drained' | 'stopped'>;
  /** The latest read found nothing, and nothing is held or in flight. */
  idle(): boolean;
}

interface ShardState {
  readonly polled: PolledRecord[];
  windowOpenedAt: number;
  failures: number;
  ended: boolean;
  atTip: boolean;
}

const RETRY = { baseMs: 50, maxMs: 5_000 };

/**
 * Polls one shard: one batch at a time, in order. A batch that fails comes again from its
 * checkpoint, for ever: nothing of the shard is delivered past it. A batch that comes again may
 * have other boundaries.
 */
export function shardPoller(options: ShardPollerOptions): ShardPoller {
  const state: ShardState = {
    polled: [],
    windowOpenedAt: Date.now(),
    failures: 0,
    ended: false,
    atTip: false,
  };
  return {
    finished: poll(options, state),
    idle: () => state.polled.length === 0 && (state.atTip || state.ended),
  };
}

async function poll(
  options: ShardPollerOptions,
  state: ShardState,
): Promise<'drained' | 'stopped'> {
  const { signal, limits } = options;
  while (!signal.aborted) {
    if (hasRoom(state, limits)) await fetchMore(options, state);
    const count = signal.aborted ? 0 : nextBatch(limits, state);
    if (count > 0) await deliver(options, state, count);
    else if (state.ended && state.polled.length === 0) return 'drained';
    else if (state.atTip) await pause(options.pollIntervalMs, signal);
  }
  return 'stopped';
}

// No more is held than the next batch can take: a shard may be far behind, and memory is finite.
function hasRoom({ ended, polled }: ShardState, { batchSize }: BatchLimits): boolean {
  const bytes = polled.reduce((sum, record) => sum + record.bytes, 0);
  return !ended && polled.length < batchSize && bytes < EVENT_BYTES_MAX;
}

async function fetchMore(options: ShardPollerOptions, state: ShardState): Promise<void> {
  try {
    const { records, atTip, ended } = await options.reader.read();
    state.polled.push(...records);
    state.atTip = atTip;
    state.ended = ended;
  } catch (error) {
    state.atTip = false;
    options.onError(error);
    await pause(backOffMs(1, { baseMs: 500, maxMs: 500 }), options.signal);
  }
}

function nextBatch(limits: BatchLimits, state: ShardState): number {
  const waitedMs = Date.now() - state.windowOpenedAt;
  const complete = state.ended || state.failures > 0;
  const count = cutBatch(state.polled, limits, { waitedMs, complete });
  // A window that ends empty is followed by the next one.
  if (state.polled.length === 0 && waitedMs >= limits.batchingWindowMs) {
    state.windowOpenedAt = Date.now();
  }
  return count;
}

async function deliver(
  options: ShardPollerOptions,
  state: ShardState,
  count: number,
): Promise<void> {
  const batch = state.polled.slice(0, count);
  const outcome = await invokeWith(options, batch);
  const { done } = outcome;
  state.polled.splice(0, done);
  const last = batch[done - 1];
  if (last !== undefined) options.onCheckpoint(last.sequenceNumber);
  options.onBatch({ shardId: options.shardId, records: count, ...outcome });
  // "The next batching window begins as soon as the previous function invocation completes."
  state.windowOpenedAt = Date.now();
  state.failures = done === count ? 0 : state.failures + 1;
  if (state.failures > 0) await pause(backOffMs(state.failures, RETRY), options.signal);
}

async function invokeWith(
  options: ShardPollerOptions,
  batch: readonly PolledRecord[],
): Promise<Pick<BatchReport, 'done' | 'error'>> {
  try {
    const answer = await options.invoke({ Records: batch.map(({ event }) => event) });
    const identifiers = batch.map(({ sequenceNumber }) => sequenceNumber);
    return { done: retryFrom(answer, identifiers) ?? batch.length };
  } catch (error) {
    return { done: 0, error };
  }
}
