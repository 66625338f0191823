import {
  DescribeStreamSummaryCommand,
  ListShardsCommand,
  type Shard,
} from '@aws-sdk/client-kinesis';
import type { ShardOrigin } from './kinesis-event.ts';
import {
  checkedMapping,
  type KinesisPollerOptions,
  type Mapping,
} from './kinesis-poller-options.ts';
import { type ShardPoller, shardPoller } from './shard-poller.ts';
import type { StartAt } from './shard-reader.ts';

/** An event source mapping at work. */
export interface KinesisPoller {
  /** Settles when every shard there was at the start is being read: what comes now is not before LATEST. */
  readonly ready: Promise<void>;
  /** Stops reading, and waits for the invocations in flight. */
  stop(): Promise<void>;
  /** The last sequence number of each shard that the function has done. */
  checkpoints(): ReadonlyMap<string, string>;
  /** The latest read of every shard found nothing, and nothing is held, in flight or waiting for parents. */
  idle(): boolean;
}

/**
 * Polls all shards of a stream and calls the function, by the rules of a Lambda event source
 * mapping: one shard a batch, one batch a shard at a time, in order; children of a split or a
 * merge only after all their parents; a failed batch again and again.
 * Source: "How Lambda processes records from stream-based event sources".
 */
export function startKinesisPoller(options: KinesisPollerOptions): KinesisPoller {
  const mapping = checkedMapping(options);
  const stopping = new AbortController();
  const fleet = newFleet(mapping, stopping.signal);
  let onReady = (): void => {};
  const ready = new Promise<void>((resolve) => {
    onReady = resolve;
  });
  const discovery = discover(fleet, onReady);
  return {
    ready,
    async stop() {
      stopping.abort();
      await discovery;
      await Promise.all([...fleet.pollers.values()].map(({ finished }) => finished));
    },
    checkpoints: () => fleet.checkpoints,
    idle: () => fleet.settled && [...fleet.pollers.values()].every((poller) => poller.idle()),
  };
}

interface Fleet {
  readonly mapping: Mapping;
  readonly signal: AbortSignal;
  readonly pollers: Map<string, ShardPoller>;
  readonly drained: Set<string>;
  readonly checkpoints: Map<string, string>;
  /** Every shard that was listed last has been started. */
  settled: boolean;
  /** Ends the pause before the next discovery. */
  wake: () => void;
}

function newFleet(mapping: Mapping, stopping: AbortSignal): Fleet {
  const fleet: Fleet = {
    mapping,
    signal: mapping.signal ? AbortSignal.any([stopping, mapping.signal]) : stopping,
    pollers: new Map(),
    drained: new Set(),
    checkpoints: new Map(),
    settled: false,
    wake: () => {},
  };
  fleet.signal.addEventListener('abort', () => fleet.wake(), { once: true });
  return fleet;
}

const DISCOVERY_MS = 1_000;

async function discover(fleet: Fleet, onReady: () => void): Promise<void> {
  const { mapping, signal } = fleet;
  let startAt = mapping.startingPosition;
  while (!signal.aborted) {
    try {
      await startShards(fleet, startAt);
      // What is listed from now on continues these shards: nothing of it may be missed.
      if (startAt === 'LATEST') startAt = 'TRIM_HORIZON';
      onReady();
    } catch (error) {
      mapping.onError(error);
    }
    if (!signal.aborted) await untilNextDiscovery(fleet);
  }
  onReady();
}

function untilNextDiscovery(fleet: Fleet): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, DISCOVERY_MS);
    fleet.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

const GONE = { HashKeyRange: undefined, SequenceNumberRange: undefined } as const;

async function startShards(fleet: Fleet, startAt: StartAt): Promise<void> {
  const { mapping, pollers, drained } = fleet;
  const streamArn = mapping.streamArn ?? (await arnOf(mapping));
  const listed = new Map(await listShards(mapping));
  for (const id of mapping.goneShards)
    if (!listed.has(id)) listed.set(id, { ...GONE, ShardId: id });
  const isDone = (shardId: string): boolean =>
    drained.has(shardId) || !(listed.has(shardId) || pollers.has(shardId));
  const unknown = [...listed.keys()].filter((id) => !pollers.has(id) && !drained.has(id));
  // The latest record of a closed shard is behind us already.
  if (startAt === 'LATEST') for (const id of unknown) if (isClosed(listed.get(id))) drained.add(id);
  const startable = unknown.filter(
    (id) => !drained.has(id) && parentsOf(listed.get(id)).every(isDone),
  );
  await Promise.all(startable.map((shardId) => startShard(fleet, { streamArn, shardId }, startAt)));
  fleet.settled = [...listed.keys()].every((id) => pollers.has(id) || drained.has(id));
}

/** What a shard takes in a second. Of 10,000 records a local server answers nobody else for a third of one. */
const READ_MAX = 1_000;

async function startShard(fleet: Fleet, origin: ShardOrigin, startAt: StartAt): Promise<void> {
  const { mapping, signal, pollers, drained, checkpoints } = fleet;
  const { shardId } = origin;
  const recordsMax = Math.max(mapping.batchSize, READ_MAX);
  const reader = mapping.openShard({ ...mapping, origin, startAt, recordsMax });
  if (startAt === 'LATEST') await reader.open();
  const poller = shardPoller({
    ...mapping,
    shardId,
    reader,
    limits: mapping,
    signal,
    onCheckpoint: (sequenceNumber) => checkpoints.set(shardId, sequenceNumber),
  });
  pollers.set(shardId, poller);
  void poller.finished.then((how) => {
    if (how === 'drained') drained.add(shardId);
    fleet.wake();
  });
}

async function listShards({ client, streamName }: Mapping): Promise<ReadonlyMap<string, Shard>> {
  const listed = new Map<string, Shard>();
  let page: { StreamName: string } | { NextToken: string } | undefined = { StreamName: streamName };
  while (page !== undefined) {
    const command: ListShardsCommand = new ListShardsCommand(page);
    const answer = await client.send(command);
    for (const shard of answer.Shards ?? []) listed.set(shard.ShardId ?? '', shard);
    page = answer.NextToken === undefined ? undefined : { NextToken: answer.NextToken };
  }
  return listed;
}

async function arnOf({ client, streamName: StreamName }: Mapping): Promise<string> {
  const { StreamDescriptionSummary: stream } = await client.send(
    new DescribeStreamSummaryCommand({ StreamName }),
  );
  return stream?.StreamARN ?? '';
}

const isClosed = (shard: Shard | undefined): boolean =>
  shard?.SequenceNumberRange?.EndingSequenceNumber !== undefined;

const parentsOf = (shard: Shard | undefined): string[] =>
  [shard?.ParentShardId, shard?.AdjacentParentShardId].filter((id) => id !== undefined);
