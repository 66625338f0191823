import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  type _Record as KinesisRecord,
} from '@aws-sdk/client-kinesis';
import { type PolledRecord, polledRecord, type ShardOrigin } from './kinesis-event.ts';

/**
 * From where a shard is read: its oldest record, what comes from now on, an arrival time in ms, or the
 * record after a position.
 */
export type StartAt =
  | 'TRIM_HORIZON'
  | 'LATEST'
  | { readonly atTimestamp: number }
  | { readonly after: string };

/** What one read brought. */
export interface ShardRead {
  readonly records: readonly PolledRecord[];
  /** No record was waiting behind these when they were read. */
  readonly atTip: boolean;
  /** The shard is closed, and this is the last of it. */
  readonly ended: boolean;
}

/** A place in one shard that moves on with every read. */
export interface ShardReader {
  /** Takes the first iterator, so that a start at LATEST is fixed now. */
  open(): Promise<void>;
  /** Errors of the client are passed on; the same read may then be asked for again. */
  read(): Promise<ShardRead>;
}

/** One shard, and where to begin. */
export interface ShardReaderOptions {
  readonly client: KinesisClient;
  readonly streamName: string;
  readonly origin: ShardOrigin;
  readonly startAt: StartAt;
  /** Records a read, at most; default: as many as the API gives, up to 10,000. */
  readonly recordsMax?: number;
}

/**
 * Reads one shard by iterators, and takes a new one when an iterator expires (after 5 minutes).
 * A shard that is gone counts as read to its end.
 */
export function shardReader(options: ShardReaderOptions): ShardReader {
  const { client, origin, recordsMax: Limit } = options;
  let { startAt } = options;
  let lastRead = typeof startAt === 'object' && 'after' in startAt ? startAt.after : undefined;
  let iterator: string | undefined;

  const open = async (): Promise<void> => {
    if (iterator !== undefined) return;
    const openedAt = Date.now();
    iterator = await takeIterator(options, startAt, lastRead);
    // Latest is a moment, and this one: if the iterator expires, nothing since then may be missed.
    if (startAt === 'LATEST') startAt = { atTimestamp: openedAt };
  };
  const read = async (): Promise<ShardRead> => {
    await open();
    const answer = await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit }));
    const records = answer.Records ?? [];
    iterator = answer.NextShardIterator ?? undefined;
    lastRead = records.at(-1)?.SequenceNumber ?? lastRead;
    return {
      records: records.flatMap((record) => kept(origin, record, startAt)),
      atTip: records.length === 0 && (answer.MillisBehindLatest ?? 0) === 0,
      ended: iterator === undefined,
    };
  };
  return {
    open,
    read: () =>
      read().catch((error: unknown) => {
        if (isNamed(error, 'ResourceNotFoundException')) return ENDED;
        if (!isNamed(error, 'ExpiredIteratorException')) throw error;
        iterator = undefined;
        return NOTHING;
      }),
  };
}

const ENDED: ShardRead = { records: [], atTip: true, ended: true };
const NOTHING: ShardRead = { records: [], atTip: false, ended: false };

function kept(origin: ShardOrigin, record: KinesisRecord, startAt: StartAt): PolledRecord[] {
  const raw = {
    sequenceNumber: record.SequenceNumber ?? '',
    partitionKey: record.PartitionKey ?? '',
    data: record.Data ?? new Uint8Array(),
    arrivalTime: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
  };
  const since = typeof startAt === 'object' && 'atTimestamp' in startAt ? startAt.atTimestamp : 0;
  const isEarlier = raw.arrivalTime < since;
  return isEarlier ? [] : [polledRecord(origin, raw)];
}

async function takeIterator(
  { client, streamName: StreamName, origin }: ShardReaderOptions,
  startAt: StartAt,
  lastRead: string | undefined,
): Promise<string | undefined> {
  const position = lastRead === undefined ? startOf(startAt) : after(lastRead);
  const command = new GetShardIteratorCommand({ StreamName, ShardId: origin.shardId, ...position });
  return (await client.send(command)).ShardIterator;
}

type Position = Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'StartingSequenceNumber'>;

// An arrival time is looked for by reading: some local servers never answer AT_TIMESTAMP while the
// shard holds nothing as young as that.
const startOf = (startAt: StartAt): Position => ({
  ShardIteratorType: startAt === 'LATEST' ? 'LATEST' : 'TRIM_HORIZON',
});

const after = (sequenceNumber: string): Position => ({
  ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
  StartingSequenceNumber: sequenceNumber,
});

const isNamed = (error: unknown, name: string): boolean =>
  error instanceof Error && error.name === name;
