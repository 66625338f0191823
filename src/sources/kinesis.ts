import {
  DescribeStreamSummaryCommand,
  type KinesisClient,
  type Shard as KinesisShard,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { retriedOrMissing, type StreamAccess } from './kinesis-call.ts';
import { DRAINED, shardLook } from './kinesis-probe.ts';
import type { Shard, Source } from './source.ts';

/** What a Kinesis stream is read through. */
export interface KinesisSourceOptions {
  readonly client: KinesisClient;
  readonly streamName: string;
  /** The clock, in ms. */
  readonly now: () => number;
  /**
   * The pause between two reads of one shard, ms; default 200: a shard gives five reads a second,
   * to all its readers together. Source: "Quotas and limits", Kinesis Data Streams developer guide.
   */
  readonly readPauseMs?: number;
  /**
   * Where the trigger of the stream begins, ms: records that arrived before are not delivered, and hold
   * nothing back. Default: with the oldest that the stream has.
   */
  readonly startAt?: number | undefined;
}

/** A Kinesis stream as the engine sees it. */
export interface KinesisSource extends Source {
  readonly streamName: string;
  /** The lane that reads a shard, as `shards()` names it. */
  laneOf(shardId: string): Promise<string>;
}

/**
 * A Kinesis data stream as a source. Throttles are retried with jitter; what remains is thrown as
 * UnavailableError, and a stream that is not there as ConfigurationError SOURCE_MISSING. Other
 * errors of the client (a missing right, no connection) are passed on.
 */
export function kinesisSource(options: KinesisSourceOptions): KinesisSource {
  const access: StreamAccess = { readPauseMs: 200, ...options };
  const look = shardLook(access);
  let createdAt: Promise<number> | undefined;
  let askedAt = 0;
  const stream = async (): Promise<StreamIdentity> => {
    if (options.now() - askedAt > IDENTITY_MS) createdAt = undefined;
    if (createdAt === undefined) askedAt = options.now();
    createdAt ??= creationTime(access).catch((error: unknown) => {
      createdAt = undefined; // A failure is not worth remembering.
      throw error;
    });
    return { streamName: access.streamName, createdAt: await createdAt };
  };
  const laneOf = async (shardId: string): Promise<string> =>
    laneName({ ...(await stream()), shardId });
  return {
    streamName: access.streamName,
    laneOf,
    async shards() {
      createdAt = undefined; // A stream recreated under the same name is noticed here.
      const identity = await stream();
      return (await listedShards(access)).map((shard) => shardOf(identity, shard));
    },
    async probe(lane, after) {
      const shardId = shardIdOf(lane);
      // The lane of an earlier stream of this name: its shards went with it.
      const isGone = lane !== (await laneOf(shardId));
      const startedAt = options.now();
      return { startedAt, ...(isGone ? DRAINED : await look(shardId, after)) };
    },
  };
}

/**
 * How long a stream is taken for the one it was, ms: to delete one and make another under its name
 * takes about as long. DescribeStreamSummary may be called 20 times a second in an account.
 */
const IDENTITY_MS = 30_000;

interface StreamIdentity {
  readonly streamName: string;
  /** ms, though Kinesis counts it in whole seconds. */
  readonly createdAt: number;
}

/** The name of a lane. It carries the stream's creation time: a recreated stream starts anew. */
export const laneName = (of: StreamIdentity & { readonly shardId: string }): string =>
  `${of.streamName}@${of.createdAt}/${of.shardId}`;

/** The shard that a lane reads. */
export const shardIdOf = (lane: string): string => lane.slice(lane.lastIndexOf('/') + 1);

async function creationTime(access: StreamAccess): Promise<number> {
  const command = new DescribeStreamSummaryCommand({ StreamName: access.streamName });
  const { StreamDescriptionSummary: stream } = await retriedOrMissing(access, () =>
    access.client.send(command),
  );
  return stream?.StreamCreationTimestamp?.getTime() ?? 0;
}

async function listedShards(access: StreamAccess): Promise<readonly KinesisShard[]> {
  const listed: KinesisShard[] = [];
  let page: { StreamName: string } | { NextToken: string } | undefined = {
    StreamName: access.streamName,
  };
  while (page !== undefined) {
    const command: ListShardsCommand = new ListShardsCommand(page);
    const answer = await retriedOrMissing(access, () => access.client.send(command));
    listed.push(...(answer.Shards ?? []));
    page = answer.NextToken === undefined ? undefined : { NextToken: answer.NextToken };
  }
  // Numbers of shards only rise, so this order has parents before children.
  return listed.sort((a, b) => ((a.ShardId ?? '') < (b.ShardId ?? '') ? -1 : 1));
}

function shardOf(stream: StreamIdentity, shard: KinesisShard): Shard {
  const lane = (shardId: string): string => laneName({ ...stream, shardId });
  return {
    lane: lane(shard.ShardId ?? ''),
    parents: [shard.ParentShardId, shard.AdjacentParentShardId]
      .filter((shardId) => shardId !== undefined)
      .map(lane),
    closed: shard.SequenceNumberRange?.EndingSequenceNumber !== undefined,
  };
}
