import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { type StageStanding, standingOf } from '../../engine/standing.ts';
import { BadRecordError, InterruptedError, TidemarkError, UnavailableError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import type { Plan } from '../../topology/plan.ts';
import { type LocalRuntime, startLocalRuntime } from '../local/local-runtime.ts';
import type { BatchReport, Invoke } from '../local/shard-poller.ts';
import type { ShardReader, ShardReaderOptions } from '../local/shard-reader.ts';

/** A plan that is to read its streams from somewhere to somewhere, into a store of its own. */
export interface ReplayOptions {
  readonly kinesis: KinesisClient;
  readonly dynamodb: DynamoDBClient;
  /** The stream of each source of the plan. */
  readonly streams: Readonly<Record<string, string>>;
  readonly controlTable: string;
  readonly store: Store;
  /** The handler of the plan, over that store. */
  readonly invoke: Invoke;
  /** What reads a shard, from its beginning to its end. */
  readonly openShard: (options: ShardReaderOptions) => ShardReader;
  /** Of each stream, shards that it does not list any more. */
  readonly goneShards: Readonly<Record<string, readonly string[]>>;
  /** Aborted: it ends as soon as what is in flight is done. */
  readonly signal: AbortSignal;
  /** What cannot be mended by trying again. */
  readonly isHopeless: (error: unknown) => boolean;
  readonly onProgress: (progress: ReplayProgress) => void;
}

export interface ReplayProgress {
  /** Delivered by this call; those among them that were known were passed over. */
  readonly records: number;
  readonly shards: number;
}

const POLL_MS = 100;
/** As many as a mapping gives a function by default of the construct. */
const BATCH_SIZE = 1_000;
/** A batch or a firing that has failed so often in a row is given up: somebody has to look. */
const FAILURES_MAX = 10;

/**
 * Reads all shards to their ends, and fires what that closes. The same call goes on where it was.
 *
 * @throws InterruptedError; BadRecordError if a lane waits at a record; UnavailableError if a bucket does
 *   not fire; and what the handler throws again and again
 */
export async function replay(plan: Plan, options: ReplayOptions): Promise<number> {
  const run = new Run(options);
  const runtime = startLocalRuntime({
    plan,
    ...options,
    // Of the reads that others leave, each takes what it gets.
    openShard: ({ recordsMax: _, ...all }) => options.openShard(all),
    batchSize: BATCH_SIZE,
    pollIntervalMs: POLL_MS,
    tickEveryMs: 0,
    onBatch: (report) => run.saw(report),
    onError: (error) => run.failed(error),
  });
  try {
    await run.until(() => [...runtime.pollers.values()].every((poller) => poller.idle()));
    await settle(plan, runtime, { store: options.store, run });
  } finally {
    await runtime.stop();
  }
  return run.records;
}

/** What happens while a replay runs. */
class Run {
  records = 0;
  readonly #options: ReplayOptions;
  readonly #failures = new Map<string, number>();
  #error: unknown;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  saw({ shardId, done, records, error }: BatchReport): void {
    this.records += done;
    const failures = done > 0 ? 0 : (this.#failures.get(shardId) ?? 0) + 1;
    this.#failures.set(shardId, failures);
    this.#options.onProgress({ records: this.records, shards: this.#failures.size });
    if (done === records) return;
    if (error !== undefined) this.failed(error, failures >= FAILURES_MAX);
    else if (failures >= FAILURES_MAX) this.#error ??= waiting(shardId);
  }

  failed(error: unknown, isOften = false): void {
    const isFinal = error instanceof TidemarkError && !error.retryable;
    if (isOften || isFinal || this.#options.isHopeless(error)) this.#error ??= error;
  }

  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#options.signal.aborted) {
        throw new InterruptedError('the replay was interrupted', { hint: GOES_ON });
      }
      if (await condition()) return;
      await sleep(POLL_MS);
    }
  }
}

const GOES_ON = 'The same command goes on where it was.';

const waiting = (shardId: string): BadRecordError =>
  new BadRecordError(`a lane waits at a bad record of ${shardId}`, {
    hint: 'Repair the schema, or set onBadRecord to deadLetter, and call it again.',
  });

interface Settling {
  readonly store: Store;
  readonly run: Run;
}

/**
 * What is proven idle is raised, and what that closes is fired, stage after stage: what one of them tells
 * moves the next.
 */
async function settle(plan: Plan, runtime: LocalRuntime, { store, run }: Settling): Promise<void> {
  for (let round = 0; round <= plan.stages.length; round++) {
    await runtime.tick();
    await run.until(() => runtime.watcher.idle());
    for (let ticks = 0; !isFired(await standingOf(plan, store)); ticks++) {
      if (ticks === FAILURES_MAX) throw unfired(await standingOf(plan, store));
      await runtime.tick();
      await run.until(() => runtime.watcher.idle());
    }
  }
}

const isFired = (standings: readonly StageStanding[]): boolean =>
  standings.every(({ buckets }) =>
    buckets.every(({ target, firedThrough }) => firedThrough >= target),
  );

function unfired(standings: readonly StageStanding[]): UnavailableError {
  const late = standings.filter((one) => !isFired([one])).map(({ stage }) => stage.name);
  return new UnavailableError(`buckets of ${late.join(', ')} do not fire`, {
    hint: 'The lines above say why; the same command tries again.',
  });
}
