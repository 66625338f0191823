import {
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  type Shard,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import type { Random } from '../../src/cli/start/random.ts';
import { until } from './until.ts';

/** So many shards are open, at least and at most. */
const OPEN_MIN = 2;
const OPEN_MAX = 6;

/** Splits and merges the shards of a stream, as a seed has it. */
export class Resharder {
  splits = 0;
  merges = 0;
  readonly #client: KinesisClient;
  readonly #streamName: string;
  readonly #random: Random;

  constructor(client: KinesisClient, streamName: string, random: Random) {
    this.#client = client;
    this.#streamName = streamName;
    this.#random = random;
  }

  /** One split or one merge; resolves when the stream takes records again. */
  async change(): Promise<void> {
    const open = await this.#openShards();
    const splits = open.length <= OPEN_MIN || (open.length < OPEN_MAX && this.#random() < 0.5);
    const at = Math.floor(this.#random() * (splits ? open.length : open.length - 1));
    if (splits) await this.#split(open[at]);
    else await this.#merge(open[at], open[at + 1]);
    await until(async () => (await this.#status()) === 'ACTIVE');
  }

  async #split(shard: Shard | undefined): Promise<void> {
    const [from, to] = rangeOf(shard);
    const command = new SplitShardCommand({
      StreamName: this.#streamName,
      ShardToSplit: shard?.ShardId,
      NewStartingHashKey: String((from + to) / 2n),
    });
    await this.#client.send(command);
    this.splits += 1;
  }

  async #merge(shard: Shard | undefined, next: Shard | undefined): Promise<void> {
    const command = new MergeShardsCommand({
      StreamName: this.#streamName,
      ShardToMerge: shard?.ShardId,
      AdjacentShardToMerge: next?.ShardId,
    });
    await this.#client.send(command);
    this.merges += 1;
  }

  /** In order of their hash keys: each is beside the next. */
  async #openShards(): Promise<readonly Shard[]> {
    const command = new ListShardsCommand({ StreamName: this.#streamName });
    const { Shards = [] } = await this.#client.send(command);
    return Shards.filter(
      (shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined,
    ).sort((a, b) => (rangeOf(a)[0] < rangeOf(b)[0] ? -1 : 1));
  }

  async #status(): Promise<string | undefined> {
    const command = new DescribeStreamSummaryCommand({ StreamName: this.#streamName });
    return (await this.#client.send(command)).StreamDescriptionSummary?.StreamStatus;
  }
}

const rangeOf = (shard: Shard | undefined): [bigint, bigint] => [
  BigInt(shard?.HashKeyRange?.StartingHashKey ?? 0),
  BigInt(shard?.HashKeyRange?.EndingHashKey ?? 0),
];
