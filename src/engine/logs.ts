import type { Shard, Source } from '../sources/source.ts';

/**
 * The logs of several streams as one, whose lanes carry the names of their streams: so that all that
 * is said of the lanes of a stage holds whatever it reads.
 */
export function unitedLog(logs: ReadonlyMap<string, Source>): Source {
  return {
    async shards() {
      const listed = await Promise.all(
        [...logs].map(async ([stream, log]) => (await log.shards()).map(shardIn(stream))),
      );
      return listed.flat();
    },
    async probe(lane, after) {
      const stream = streamOfLane(lane);
      const log = logs.get(stream);
      if (log === undefined) throw new RangeError(`no stream ${stream} is read here`);
      return log.probe(lane.slice(stream.length + 1), after);
    },
  };
}

/** The stream whose name a lane of several carries (see laneIn). */
export const streamOfLane = (lane: string): string => lane.slice(0, lane.indexOf('/'));

const shardIn =
  (stream: string) =>
  ({ lane, parents, closed }: Shard): Shard => ({
    lane: `${stream}/${lane}`,
    parents: parents.map((parent) => `${stream}/${parent}`),
    closed,
  });
