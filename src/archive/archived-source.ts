import { isAfter } from '../engine/position.ts';
import type { KinesisSource } from '../sources/kinesis.ts';
import { type Archive, lastOf } from './archive.ts';

/** The name under which a shard is read that the stream does not list any more: that of its lane. */
export const goneShards = async (archive: Archive, source: KinesisSource): Promise<string[]> => {
  const listed = new Set((await source.shards()).map(({ lane }) => lane));
  return lanesOf(archive, source).filter((lane) => !listed.has(lane));
};

/** The lanes of a stream, and of former streams of its name. */
const lanesOf = (archive: Archive, { streamName }: KinesisSource): string[] =>
  [...archive.keys()].filter((lane) => lane.startsWith(`${streamName}@`));

/**
 * A stream together with what an archive has of it: shards that have expired are there, closed, and no
 * shard is called read to its end, or idle, before its archived records are read.
 */
export function archivedSource(source: KinesisSource, archive: Archive): KinesisSource {
  return {
    streamName: source.streamName,
    laneOf: async (shardId) => (archive.has(shardId) ? shardId : source.laneOf(shardId)),
    async shards() {
      const shards = await source.shards();
      const listed = new Set(shards.map(({ lane }) => lane));
      const gone = lanesOf(archive, source).filter((lane) => !listed.has(lane));
      return [...gone.map((lane) => ({ lane, parents: [], closed: true })), ...shards];
    },
    async probe(lane, after) {
      const isUnread = isAfter(lastOf(archive.get(lane) ?? []), after ?? '0');
      if (isUnread) return { startedAt: Date.now(), behind: true, drained: false };
      return source.probe(lane, after);
    },
  };
}
