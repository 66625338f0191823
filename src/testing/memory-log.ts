import type { LogRecord, Shard, Source } from '../sources/source.ts';

interface MemoryShard extends Shard {
  closed: boolean;
  readonly records: LogRecord[];
}

/** A partitioned log in memory, with the reads of a `Source` and the changes that a stream goes through. */
export interface MemoryLog extends Source {
  /** Adds a shard; `parents` are the lanes that it continues, which are closed. */
  open(lane: string, parents?: readonly string[]): void;
  close(lane: string): void;
  /** No longer listed, as after the log's retention. */
  remove(lane: string): void;
  append(lane: string, data: Uint8Array | string, arrivalTime: number): LogRecord;
  records(lane: string): readonly LogRecord[];
}

/** An empty log. `clock` gives the time at which a probe starts, ms. */
export function memoryLog(clock: () => number): MemoryLog {
  const shards = new Map<string, MemoryShard>();
  let appended = 0;
  const shardOf = (lane: string): MemoryShard => {
    const shard = shards.get(lane);
    if (shard === undefined) throw new RangeError(`no shard is read by lane ${lane}`);
    return shard;
  };
  return {
    open(lane, parents = []) {
      for (const parent of parents) shardOf(parent).closed = true;
      shards.set(lane, { lane, parents, closed: false, records: [] });
    },
    close(lane) {
      shardOf(lane).closed = true;
    },
    remove(lane) {
      shards.delete(lane);
    },
    append(lane, data, arrivalTime) {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data;
      const record = { position: String(FIRST_POSITION + ++appended), data: bytes, arrivalTime };
      shardOf(lane).records.push(record);
      return record;
    },
    records: (lane) => shardOf(lane).records,
    async shards() {
      return [...shards.values()].map(({ lane, parents, closed }) => ({ lane, parents, closed }));
    },
    async probe(lane, after) {
      const startedAt = clock();
      const shard = shards.get(lane);
      if (shard === undefined) return { startedAt, behind: false, drained: true };
      const last = shard.records.at(-1);
      const behind = last !== undefined && (after === undefined || last.position > after);
      return { startedAt, behind, drained: shard.closed && !behind };
    },
  };
}

/** All positions have as many digits, so that they compare as text. */
const FIRST_POSITION = 10 ** 12;
