import type { Raise } from '../../engine/bucket.ts';
import { parseBucketKey } from '../../engine/keys.ts';
import { ConfigurationError } from '../../errors.ts';
import type { LogRecord } from '../../sources/source.ts';

/** Records of one shard, as one invocation brings them. */
export interface ShardBatch {
  readonly streamName: string;
  readonly shardId: string;
  readonly records: readonly LogRecord[];
}

/** A bucket whose item changed, and the stream record to point at if it must come again. */
export interface BucketChange {
  readonly stage: string;
  readonly bucket: number;
  readonly sequenceNumber: string;
  /** What the record tells, if it tells it. */
  readonly raise: Raise | undefined;
}

/** What a function of this library is invoked with. */
export type Work =
  | { readonly kind: 'gather'; readonly batches: readonly ShardBatch[] }
  | { readonly kind: 'fire'; readonly changes: readonly BucketChange[] }
  | { readonly kind: 'tick' };

/** What a function is there for: the one that fires also ticks. */
export type Role = Exclude<Work['kind'], 'tick'>;

/**
 * Reads an invocation: a batch of a Kinesis event source mapping, a batch of the control table's
 * stream, or the scheduled `{"tidemark": "tick"}`.
 * (AWS Lambda developer guide, "Using Lambda to process records from Kinesis / DynamoDB streams")
 *
 * @throws ConfigurationError EVENT_UNKNOWN
 */
export function parseEvent(event: unknown): Work {
  if (isRecord(event) && event.tidemark === 'tick') return { kind: 'tick' };
  const { Records: records } = fieldsOf(event);
  if (!Array.isArray(records)) throw unknownEvent('it is no batch and no tick');
  if (records.length === 0) return { kind: 'gather', batches: [] };
  const source = fieldsOf(records[0]).eventSource;
  if (source === 'aws:kinesis') return { kind: 'gather', batches: shardBatches(records) };
  if (source === 'aws:dynamodb') return { kind: 'fire', changes: bucketChanges(records) };
  throw unknownEvent('it is no batch of a Kinesis or DynamoDB stream, and no tick');
}

/** A mapping brings one shard a batch; a hand-made event may bring several. */
function shardBatches(records: readonly unknown[]): ShardBatch[] {
  const batches = new Map<string, ShardBatch & { records: LogRecord[] }>();
  for (const record of records) {
    const { streamName, shardId } = origin(record);
    const id = `${streamName}/${shardId}`;
    const batch = batches.get(id) ?? { streamName, shardId, records: [] };
    batch.records.push(toLogRecord(record));
    batches.set(id, batch);
  }
  return [...batches.values()];
}

/** With enhanced fan-out the ARN names a consumer of the stream, not the stream. */
function origin(record: unknown): { streamName: string; shardId: string } {
  const { eventSourceARN, eventID } = fieldsOf(record);
  const streamName = /:stream\/([^/]+)/.exec(textOf(eventSourceARN))?.[1];
  const shardId = /^(.+):\d+$/.exec(textOf(eventID))?.[1];
  if (streamName === undefined || shardId === undefined) {
    throw unknownEvent('a Kinesis record names no stream or no shard');
  }
  return { streamName, shardId };
}

function toLogRecord(record: unknown): LogRecord {
  const { sequenceNumber, data, approximateArrivalTimestamp } = fieldsOf(fieldsOf(record).kinesis);
  const position = textOf(sequenceNumber);
  const arrivalTime =
    typeof approximateArrivalTimestamp === 'number'
      ? Math.round(approximateArrivalTimestamp * 1000)
      : Number.NaN;
  if (typeof data !== 'string' || !/^\d+$/.test(position) || !Number.isSafeInteger(arrivalTime)) {
    throw unknownEvent('a Kinesis record lacks its data, sequence number or time of arrival');
  }
  return { position, data: Buffer.from(data, 'base64'), arrivalTime };
}

/** The first change of each bucket that has something to fire; all other items are passed over. */
function bucketChanges(records: readonly unknown[]): BucketChange[] {
  const changes = new Map<string, BucketChange>();
  for (const record of records) {
    const { NewImage, SequenceNumber } = fieldsOf(fieldsOf(record).dynamodb);
    const { pk, sk, target, firedThrough, raisedAt } = fieldsOf(NewImage);
    const bucket = parseBucketKey({ pk: textOf(fieldsOf(pk).S), sk: textOf(fieldsOf(sk).S) });
    const through = fieldsOf(target).N;
    if (bucket === undefined || typeof through !== 'string') continue;
    const fired = fieldsOf(firedThrough).N;
    if (typeof fired === 'string' && Number(fired) >= Number(through)) continue;
    const raise = raiseOf(through, fieldsOf(raisedAt).N);
    const id = `${bucket.stage}#${bucket.bucket}`;
    // Points at the first of its records, so that none is passed over if it must come again.
    const first = { ...bucket, sequenceNumber: textOf(SequenceNumber), raise };
    changes.set(id, changes.get(id) ?? first);
  }
  return [...changes.values()];
}

const raiseOf = (target: string, raisedAt: unknown): Raise | undefined =>
  typeof raisedAt === 'string' ? { target: Number(target), raisedAt: Number(raisedAt) } : undefined;

/** What is in it, if anything can be: nobody vouches for the shape of an event. */
const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  isRecord(value) ? value : NOTHING;

const NOTHING = {};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const unknownEvent = (what: string): ConfigurationError =>
  new ConfigurationError(
    'EVENT_UNKNOWN',
    `the function was invoked with an event it does not know: ${what}`,
    'Invoke it by event source mappings of the stream and of the control table, and with {"tidemark": "tick"}.',
  );
