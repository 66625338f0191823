import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { ConfigurationError } from '../../errors.ts';
import type { Plan } from '../../topology/plan.ts';
import { type ControlWatcher, startControlWatcher } from './control-watcher.ts';
import { type KinesisPoller, startKinesisPoller } from './kinesis-poller.ts';
import type { KinesisPollerOptions } from './kinesis-poller-options.ts';
import type { Invoke } from './shard-poller.ts';

/** A pipeline, and what it runs on. */
export interface LocalRuntimeOptions {
  readonly plan: Plan;
  readonly kinesis: KinesisClient;
  readonly dynamodb: DynamoDBClient;
  /** The stream of each source of the plan. */
  readonly streams: Readonly<Record<string, string>>;
  readonly controlTable: string;
  /** Calls the function that Lambda would call. */
  readonly invoke: Invoke;
  /** Records a batch; default 100. */
  readonly batchSize?: number;
  /** How long records wait for others, ms; default 0. */
  readonly batchingWindowMs?: number;
  /** How long a shard or the control table without news is left alone, ms; default 50. */
  readonly pollIntervalMs?: number;
  /** The schedule, ms; default 60,000; 0: only `tick()` ticks. */
  readonly tickEveryMs?: number;
  /** What reads a shard; default: from its oldest record on. */
  readonly openShard?: KinesisPollerOptions['openShard'];
  /** Of each stream, shards that are read although it does not list them any more. */
  readonly goneShards?: Readonly<Record<string, readonly string[]>>;
  /** What became of a batch. */
  readonly onBatch?: KinesisPollerOptions['onBatch'];
  /** Something failed that will be tried again. */
  readonly onError?: (error: unknown) => void;
}

/** Everything that AWS would run around the function, at work. */
export interface LocalRuntime {
  /** Calls the function as the schedule does. Rejects if the function fails. */
  tick(): Promise<void>;
  /** The mapping of each source. */
  readonly pollers: ReadonlyMap<string, KinesisPoller>;
  readonly watcher: ControlWatcher;
  /** Stops all triggers, and waits for the invocations in flight. */
  stop(): Promise<void>;
}

/** What the schedule sends to the function. */
export const TICK_EVENT = { tidemark: 'tick' } as const;

/**
 * Runs a pipeline's triggers on this machine: an event source mapping for each source, the control
 * table's stream, and the schedule. Throws ConfigurationError SOURCE_MISSING for a source without
 * a stream, and MAPPING_INVALID for a setting out of its range.
 */
export function startLocalRuntime(options: LocalRuntimeOptions): LocalRuntime {
  const streams = options.plan.sources.map(({ name }) => [name, streamOf(options, name)] as const);
  const pollers = new Map<string, KinesisPoller>();
  for (const [name, streamName] of streams) pollers.set(name, startPoller(options, streamName));
  const watcher = startControlWatcher({
    client: options.dynamodb,
    table: options.controlTable,
    stages: options.plan.stages,
    intervalMs: options.pollIntervalMs ?? POLL_MS,
    invoke: options.invoke,
    ...(options.onError && { onError: options.onError }),
  });
  const tick = async (): Promise<void> => {
    await options.invoke(TICK_EVENT);
  };
  const stopTicks = startTicks(options, tick);
  return {
    tick,
    pollers,
    watcher,
    async stop() {
      const stops = [...pollers.values(), watcher].map((trigger) => trigger.stop());
      await Promise.all([stopTicks(), ...stops]);
    },
  };
}

const POLL_MS = 50;

function streamOf({ streams }: LocalRuntimeOptions, source: string): string {
  const stream = Object.hasOwn(streams, source) ? streams[source] : undefined;
  if (stream !== undefined) return stream;
  throw new ConfigurationError(
    'SOURCE_MISSING',
    `no stream is given for the source "${source}"`,
    `Add "${source}" to streams.`,
  );
}

function startPoller(options: LocalRuntimeOptions, streamName: string): KinesisPoller {
  const { batchSize, batchingWindowMs, openShard, onBatch, onError } = options;
  return startKinesisPoller({
    client: options.kinesis,
    streamName,
    startingPosition: 'TRIM_HORIZON',
    pollIntervalMs: options.pollIntervalMs ?? POLL_MS,
    invoke: options.invoke,
    ...(batchSize !== undefined && { batchSize }),
    ...(batchingWindowMs !== undefined && { batchingWindowMs }),
    goneShards: options.goneShards?.[streamName] ?? [],
    ...(openShard && { openShard }),
    ...(onBatch && { onBatch }),
    ...(onError && { onError }),
  });
}

/** Ticks on schedule, never two at a time; returns what ends it. */
function startTicks(options: LocalRuntimeOptions, tick: () => Promise<void>): () => Promise<void> {
  const everyMs = options.tickEveryMs ?? 60_000;
  if (everyMs === 0) return async () => {};
  let ticking: Promise<void> | undefined;
  const timer = setInterval(() => {
    ticking ??= tick()
      .catch((error: unknown) => options.onError?.(error))
      .finally(() => {
        ticking = undefined;
      });
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await ticking;
  };
}
