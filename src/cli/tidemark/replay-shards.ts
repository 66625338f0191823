import type { ArchivedRecord } from '../../archive/archive-file.ts';
import { archivedShard, type HandOver } from '../../archive/archived-shard.ts';
import { BEFORE_ALL, isAfter } from '../../engine/position.ts';
import { standingOf } from '../../engine/standing.ts';
import { ConfigurationError } from '../../errors.ts';
import {
  type ShardReader,
  type ShardReaderOptions,
  shardReader,
} from '../../runtime/local/shard-reader.ts';
import { endingAt } from '../../runtime/replay/shard-end.ts';
import { shardIdOf } from '../../sources/kinesis.ts';
import { MINUTES } from '../../time/duration.ts';
import { laneIn, streamsOf } from '../../topology/plan.ts';
import { type Bound, endOf, keptSince, startOf } from './replay-start.ts';
import type { Version } from './version.ts';

export interface Bounds {
  readonly from: Bound;
  readonly to: Bound | undefined;
}

/** Opens each shard where the version has got to, or where it begins: in the archive, if that has it. */
export async function shardOpener(
  version: Version,
  { from, to }: Bounds,
): Promise<(options: ShardReaderOptions) => ShardReader> {
  const { archive } = version;
  const reached = await positionsOf(version);
  const streams = new Map<string, { readonly source: string; readonly prefix: string }>();
  for (const [source, { streamName, laneOf }] of Object.entries(version.sources)) {
    streams.set(streamName, { source, prefix: await laneOf('') });
  }
  return (options) => {
    const { origin, streamName } = options;
    const { source = '', prefix = '' } = streams.get(streamName) ?? {};
    // A shard that is gone from the stream is called as its lane.
    const isGone = archive.has(origin.shardId);
    const lane = isGone ? origin.shardId : `${prefix}${origin.shardId}`;
    const after = reached.get(lane);
    const startAt = after === undefined ? startOf(from, source, shardIdOf(lane)) : { after };
    const files = archive.get(lane) ?? [];
    const reader =
      files.length === 0
        ? shardReader({ ...options, startAt })
        : archivedShard({ ...options, startAt }, files, handOver(options, isGone));
    return endingAt(endOf(to, source, shardIdOf(lane)), reader);
  };
}

/** By lane, as its source calls it, the record that all stages have dealt with which read it. */
async function positionsOf({ plan, store, sources }: Version): Promise<Map<string, string>> {
  const standings = await standingOf(plan, store);
  const positions = new Map<string, string>();
  for (const source of Object.keys(sources)) {
    const readers = standings
      .filter(({ stage }) => streamsOf(stage).includes(source))
      .map(({ stage, lanes }) => {
        const prefix = laneIn(stage, source, '');
        const own = lanes.filter(({ lane }) => lane.startsWith(prefix));
        return new Map(own.map(({ lane, position }) => [lane.slice(prefix.length), position]));
      });
    for (const lane of new Set(readers.flatMap((reader) => [...reader.keys()]))) {
      const all = readers.map((reader) => reader.get(lane) ?? BEFORE_ALL);
      const least = all.reduce((a, b) => (isAfter(a, b) ? b : a));
      if (least !== BEFORE_ALL) positions.set(lane, least);
    }
  }
  return positions;
}

const handOver = (options: ShardReaderOptions, isGone: boolean): HandOver => ({
  isInStream: !isGone,
  async check(last: ArchivedRecord) {
    const { client, streamName, origin } = options;
    const since = await keptSince(client, streamName);
    const oldest = shardReader({ ...options, startAt: 'TRIM_HORIZON' });
    for (;;) {
      const { records, atTip, ended } = await oldest.read();
      const [first] = records;
      if (mayLack(last, { since, oldest: first?.sequenceNumber })) throw gap(origin.shardId, last);
      if (first !== undefined || atTip || ended) return;
    }
  },
});

/**
 * Whether records may have expired after the last one of an archive, before anybody archived them: the
 * stream does not have that one any more, and has some after it. `since`: from when on it has all, ms.
 */
export const mayLack = (
  last: Pick<ArchivedRecord, 'position' | 'arrivalTime'>,
  { since, oldest }: { readonly since: number; readonly oldest: string | undefined },
): boolean =>
  last.arrivalTime <= since + 1 * MINUTES && oldest !== undefined && isAfter(oldest, last.position);

const gap = (shard: string, { position }: ArchivedRecord): ConfigurationError =>
  new ConfigurationError(
    'REPLAY_INVALID',
    `the archive of ${shard} ends at ${position}, and the stream begins after it`,
    'Fetch what was archived since, or wait until it is: records between the two would be missing.',
  );
