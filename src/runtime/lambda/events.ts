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

/**
 * Reads an invocation: a batch of a Kinesis event source mapping, a batch of the control table's
 * stream, or the scheduled `{"tidemark": "tick"}`.
 * (AWS Lambda developer guide, "Using Lambda to process records from Kinesis / DynamoDB streams")
 *
 * @throws ConfigurationError EVENT_UNKNOWN
 */
export function parseEvent(event: unknown): Work {
  if (isRecord(event) && event.tidemark === 'tick') return { kind: 'tick' };
  const records = isRecord(event) && Array.isArray(event.Records) ? event.Records : [];
  const isEmpty = isRecord(event) && Array.isArray(event.Records) && records.length === 0;
  if (isEmpty) return { kind: 'gather', batches: [] };
  const source = isRecord(records[0]) ? records[0].eventSource : undefined;
  if (source === 'aws:kinesis') return { kind: 'gather', batches: shardBatches(records) };
  if (source === 'aws:dynamodb') return { kind: 'fire', changes: bucketChanges(records) };
  throw unknownEvent('it is no batch of a Kinesis or DynamoDB stream, and no tick');
}

/** A mapping brings one shard a batch; a hand-made event may bring several. */
function shardBatches(records: readonly KinesisEventRecord[]): ShardBatch[] {
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

interface KinesisEventRecord {
  readonly eventID: string;
  readonly eventSourceARN: string;
  readonly kinesis: {
    readonly sequenceNumber: string;
    readonly data: string;
    readonly approximateArrivalTimestamp: number;
  };
}

/** With enhanced fan-out the ARN names a consumer of the stream, not the stream. */
function origin(record: KinesisEventRecord): { streamName: string; shardId: string } {
  if (!isRecord(record.kinesis)) throw unknownEvent('a record of Kinesis holds no record');
  const streamName = /:stream\/([^/]+)/.exec(record.eventSourceARN)?.[1];
  const shardId = /^(.+):\d+$/.exec(record.eventID)?.[1];
  if (streamName === undefined || shardId === undefined) {
    throw unknownEvent('a Kinesis record names no stream or no shard');
  }
  return { streamName, shardId };
}

function toLogRecord({ kinesis }: KinesisEventRecord): LogRecord {
  const { sequenceNumber: position, data } = kinesis;
  const arrivalTime = Math.round(kinesis.approximateArrivalTimestamp * 1000);
  if (typeof data !== 'string' || !/^\d+$/.test(position) || !Number.isFinite(arrivalTime)) {
    throw unknownEvent('a Kinesis record lacks its data, sequence number or time of arrival');
  }
  return { position, data: Buffer.from(data, 'base64'), arrivalTime };
}

interface DynamoEventRecord {
  readonly dynamodb?: {
    readonly SequenceNumber?: string;
    readonly NewImage?: Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;
  };
}

/** The first change of each bucket that has something to fire; all other items are passed over. */
function bucketChanges(records: readonly DynamoEventRecord[]): BucketChange[] {
  const changes = new Map<string, BucketChange>();
  for (const { dynamodb } of records) {
    const image = dynamodb?.NewImage;
    const key = parseBucketKey({ pk: image?.pk?.S ?? '', sk: image?.sk?.S ?? '' });
    if (key === undefined || image?.target?.N === undefined) continue;
    const fired = image.firedThrough?.N;
    if (fired !== undefined && Number(fired) >= Number(image.target.N)) continue;
    const raise = raiseOf(image.target.N, image.raisedAt?.N);
    const change = { ...key, sequenceNumber: dynamodb?.SequenceNumber ?? '', raise };
    const id = `${key.stage}#${key.bucket}`;
    // Points at the first of its records, so that none is passed over if it must come again.
    changes.set(id, changes.get(id) ?? change);
  }
  return [...changes.values()];
}

const raiseOf = (target: string, raisedAt: string | undefined): Raise | undefined =>
  raisedAt === undefined ? undefined : { target: Number(target), raisedAt: Number(raisedAt) };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const unknownEvent = (what: string): ConfigurationError =>
  new ConfigurationError(
    'EVENT_UNKNOWN',
    `the function was invoked with an event it does not know: ${what}`,
    'Invoke it by event source mappings of the stream and of the control table, and with {"tidemark": "tick"}.',
  );
