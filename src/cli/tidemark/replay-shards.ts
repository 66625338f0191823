import { BEFORE_ALL, isAfter } from '../../engine/position.ts';
import { type LaneStanding, standingOf } from '../../engine/standing.ts';
import {
  type ShardReader,
  type ShardReaderOptions,
  shardReader,
} from '../../runtime/local/shard-reader.ts';
import { endingAt } from '../../runtime/replay/shard-end.ts';
import { laneIn, streamsOf } from '../../topology/plan.ts';
import { type Bound, endOf, startOf } from './replay-start.ts';
import type { Version } from './version.ts';

export interface Bounds {
  readonly from: Bound;
  readonly to: Bound | undefined;
}

/** Opens each shard where the version has got to, or where it begins. */
export async function shardOpener(
  version: Version,
  { from, to }: Bounds,
): Promise<(options: ShardReaderOptions) => ShardReader> {
  const reached = await positionsOf(version);
  const sources = Object.entries(version.sources);
  return (options) => {
    const { shardId } = options.origin;
    const [source = ''] =
      sources.find(([, { streamName }]) => streamName === options.streamName) ?? [];
    const after = reached.get(`${source}/${shardId}`);
    const startAt = after === undefined ? startOf(from, source, shardId) : { after };
    return endingAt(endOf(to, source, shardId), shardReader({ ...options, startAt }));
  };
}

/** By `<stream>/<shard>`, the record that all stages have dealt with which read it. */
async function positionsOf({ plan, store, sources }: Version): Promise<Map<string, string>> {
  const standings = await standingOf(plan, store);
  const positions = new Map<string, string>();
  for (const [source, { laneOf }] of Object.entries(sources)) {
    const stream = await laneOf('');
    const readers = standings
      .filter(({ stage }) => streamsOf(stage).includes(source))
      .map(({ stage, lanes }) => byShard(lanes, laneIn(stage, source, stream)));
    for (const shard of new Set(readers.flatMap((reader) => [...reader.keys()]))) {
      const all = readers.map((reader) => reader.get(shard) ?? BEFORE_ALL);
      const least = all.reduce((a, b) => (isAfter(a, b) ? b : a));
      if (least !== BEFORE_ALL) positions.set(`${source}/${shard}`, least);
    }
  }
  return positions;
}

const byShard = (lanes: readonly LaneStanding[], prefix: string): Map<string, string> =>
  new Map(
    lanes
      .filter(({ lane }) => lane.startsWith(prefix))
      .map(({ lane, position }) => [lane.slice(prefix.length), position]),
  );
