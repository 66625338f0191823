import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { ConfigurationError } from '../../errors.ts';
import type { BatchReport, Invoke } from './shard-poller.ts';
import {
  type ShardReader,
  type ShardReaderOptions,
  type StartAt,
  shardReader,
} from './shard-reader.ts';

/** An event source mapping, as far as the local runtime knows one. */
export interface KinesisPollerOptions {
  readonly client: KinesisClient;
  readonly streamName: string;
  /** As events will name the stream; asked of the API if left out. */
  readonly streamArn?: string;
  /** Records a batch, 1 to 10,000; default 100. */
  readonly batchSize?: number;
  /** How long records wait for others, 0 to 300,000 ms; default 0. */
  readonly batchingWindowMs?: number;
  readonly startingPosition: StartAt;
  /** What reads a shard; default shardReader. */
  readonly openShard?: (options: ShardReaderOptions) => ShardReader;
  /** Shards that are read although the stream does not list them any more, before those that continue them. */
  readonly goneShards?: readonly string[];
  /** Only 1. */
  readonly parallelizationFactor?: number;
  /** How long a shard without news is left alone, ms; default 1,000 as on AWS. */
  readonly pollIntervalMs?: number;
  readonly invoke: Invoke;
  /** Aborting it is `stop()` without waiting. */
  readonly signal?: AbortSignal;
  /** Hears of each batch that was invoked, and what came of it. */
  readonly onBatch?: (report: BatchReport) => void;
  /** A call to the API failed; it will be tried again. */
  readonly onError?: (error: unknown) => void;
}

/** The options with their defaults. */
export type Mapping = Required<Omit<KinesisPollerOptions, 'streamArn' | 'signal'>> &
  Pick<KinesisPollerOptions, 'streamArn' | 'signal'>;

/**
 * Fills in the defaults. Throws ConfigurationError: MAPPING_INVALID for a number out of its range,
 * PARALLELIZATION_FACTOR for any factor but 1.
 * Source of ranges and defaults: "Lambda parameters for Amazon Kinesis Data Streams mappings".
 */
export function checkedMapping(options: KinesisPollerOptions): Mapping {
  const mapping: Mapping = {
    batchSize: 100,
    batchingWindowMs: 0,
    parallelizationFactor: 1,
    pollIntervalMs: 1_000,
    onBatch: () => {},
    onError: () => {},
    openShard: shardReader,
    goneShards: [],
    ...options,
  };
  refuseParallel(mapping.parallelizationFactor);
  within('batchSize', mapping.batchSize, [1, 10_000]);
  within('batchingWindowMs', mapping.batchingWindowMs, [0, 300_000]);
  within('pollIntervalMs', mapping.pollIntervalMs, [1, 60_000]);
  checkStart(mapping.startingPosition);
  return mapping;
}

function refuseParallel(factor: number): void {
  if (factor === 1) return;
  throw new ConfigurationError(
    'PARALLELIZATION_FACTOR',
    `parallelizationFactor is ${factor}`,
    "Leave it at 1: more would split a shard's order into lanes that nobody can name; add shards instead.",
  );
}

function within(option: string, value: number, [min, max]: readonly [number, number]): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new ConfigurationError(
    'MAPPING_INVALID',
    `${option} is ${value}, not a whole number from ${min} to ${max}`,
    `Give ${option} a whole number from ${min} to ${max}, or leave it out.`,
  );
}

function checkStart(startAt: StartAt): void {
  if (startAt === 'TRIM_HORIZON' || startAt === 'LATEST') return;
  const { after, atTimestamp } = Object(startAt) as { after?: unknown; atTimestamp?: unknown };
  if (typeof after === 'string' && /^\d+$/.test(after)) return;
  if (Number.isFinite(atTimestamp)) return;
  throw new ConfigurationError(
    'MAPPING_INVALID',
    `startingPosition is ${JSON.stringify(startAt)}`,
    'Give "TRIM_HORIZON", "LATEST", { atTimestamp } with an arrival time in ms, or { after } with a position.',
  );
}
