import { isAfter } from '../../engine/position.ts';
import type { PolledRecord } from '../local/kinesis-event.ts';
import type { ShardRead, ShardReader } from '../local/shard-reader.ts';

/** Where the reading of a shard ends: before the first record that arrived then or later, or after a position. */
export type EndAt = { readonly beforeTime: number } | { readonly through: string };

/** A shard as if it were closed there. */
export function endingAt(end: EndAt | undefined, reader: ShardReader): ShardReader {
  if (end === undefined) return reader;
  let isOver = false;
  return {
    open: () => reader.open(),
    async read(): Promise<ShardRead> {
      if (isOver) return { records: [], atTip: true, ended: true };
      const { records, ...how } = await reader.read();
      const beyond = records.findIndex((record) => isBeyond(record, end));
      if (beyond < 0) return { records, ...how };
      isOver = true;
      return { records: records.slice(0, beyond), atTip: true, ended: true };
    },
  };
}

function isBeyond({ sequenceNumber, event }: PolledRecord, end: EndAt): boolean {
  if ('through' in end) return isAfter(sequenceNumber, end.through);
  return event.kinesis.approximateArrivalTimestamp * 1_000 >= end.beforeTime;
}
