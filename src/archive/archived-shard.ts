import {
  type PolledRecord,
  polledRecord,
  type ShardOrigin,
} from '../runtime/local/kinesis-event.ts';
import type {
  ShardRead,
  ShardReader,
  ShardReaderOptions,
  StartAt,
} from '../runtime/local/shard-reader.ts';
import { shardReader } from '../runtime/local/shard-reader.ts';
import { type ArchiveFile, lastOf, recordsOf } from './archive.ts';
import type { ArchivedRecord } from './archive-file.ts';

/** Where the records of an archive go on in the stream. */
export interface HandOver {
  /** `false`: the shard is no longer in the stream. */
  readonly isInStream: boolean;
  /** Throws if records may be missing between the last one of the archive and the stream. */
  check(last: ArchivedRecord): Promise<void>;
}

/**
 * A shard that begins in an archive and goes on in its stream with the first record after the last
 * archived one: no record is missing, and none comes twice.
 */
export function archivedShard(
  options: ShardReaderOptions,
  files: readonly ArchiveFile[],
  handOver: HandOver,
): ShardReader {
  const archived = recordsOf(files, positionOf(options.startAt));
  let last: ArchivedRecord | undefined;
  let live: ShardReader | undefined;
  const goOn = async (): Promise<ShardRead> => {
    if (live === undefined) {
      if (last !== undefined) await handOver.check(last);
      live = shardReader({ ...options, startAt: afterArchive(options.startAt, files) });
    }
    const read = await live.read();
    return { ...read, records: sinceStart(options.startAt, read.records) };
  };
  return {
    async open() {},
    async read() {
      const { value: records, done } = archived.next();
      if (done !== true) {
        last = records.at(-1);
        return { records: toPolled(options, records), atTip: false, ended: false };
      }
      return handOver.isInStream ? goOn() : { records: [], atTip: true, ended: true };
    },
  };
}

const positionOf = (startAt: StartAt): string =>
  typeof startAt === 'object' && 'after' in startAt ? startAt.after : '0';

/** Whoever begins after the archive has nothing to do with it. */
function afterArchive(startAt: StartAt, files: readonly ArchiveFile[]): StartAt {
  const last = lastOf(files);
  const from = positionOf(startAt);
  return {
    after: last.length > from.length || (last.length === from.length && last > from) ? last : from,
  };
}

function toPolled(
  { origin, startAt }: { origin: ShardOrigin; startAt: StartAt },
  records: readonly ArchivedRecord[],
) {
  const polled = records.map(({ position, ...record }) =>
    polledRecord(origin, { sequenceNumber: position, ...record }),
  );
  return sinceStart(startAt, polled);
}

/** Also of the stream: an archive may end before the time from which on records are wanted. */
function sinceStart(startAt: StartAt, records: readonly PolledRecord[]): readonly PolledRecord[] {
  if (typeof startAt !== 'object' || !('atTimestamp' in startAt)) return records;
  return records.filter(
    ({ event }) =>
      Math.round(event.kinesis.approximateArrivalTimestamp * 1_000) >= startAt.atTimestamp,
  );
}
