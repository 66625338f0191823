import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { Backoff } from '../backoff.ts';
import { UnavailableError } from '../errors.ts';
import { type Answer, type Sendable, sendInOrder } from '../ordered-requests.ts';
import { remoteCall } from '../remote-call.ts';

/** How records reach a stream. */
export interface PutAccess {
  readonly client: KinesisClient;
  readonly streamName: string;
  readonly backoff: Backoff;
  /** Once it aborts, nothing is sent any more. */
  readonly signal: AbortSignal | undefined;
  /** Told how many records have to be sent again. */
  readonly onRefused?: (records: number) => void;
}

export interface PutRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** Of one record, its partition key included, unless the stream was given more. */
export const RECORD_BYTES_MAX = 1024 * 1024;

/** Of a partition key, in characters. */
const PARTITION_KEY_MAX = 256;

/** @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
const REQUEST_RECORDS_MAX = 500;
const REQUEST_BYTES_MAX = 5 * 1024 * 1024;

export const isPartitionKey = (key: unknown): boolean =>
  typeof key === 'string' && key.length > 0 && key.length <= PARTITION_KEY_MAX;

export const recordBytes = ({ partitionKey, data }: PutRecord): number =>
  Buffer.byteLength(partitionKey) + data.length;

/**
 * Puts records, and those again that the stream did not take, until it has all of them. Records of one
 * partition key are taken in their order.
 *
 * @throws UnavailableError if some are not there after all tries, DeadlineError
 */
export async function putAll(access: PutAccess, records: readonly PutRecord[]): Promise<void> {
  const { backoff, signal, onRefused, streamName } = access;
  const items = records.map((record) => ({
    group: record.partitionKey,
    bytes: recordBytes(record),
    entry: { PartitionKey: record.partitionKey, Data: record.data },
  }));
  await sendInOrder<Item>(items, {
    limits: { count: REQUEST_RECORDS_MAX, bytes: REQUEST_BYTES_MAX },
    backoff,
    signal,
    onRefused,
    send: (request) => putSome(access, request),
    notTaken: (count, cause) =>
      new UnavailableError(
        `the stream "${streamName}" did not take ${count} records in all tries`,
        {
          hint: HINT,
          cause,
        },
      ),
  });
}

interface Item extends Sendable {
  readonly entry: { readonly PartitionKey: string; readonly Data: Uint8Array };
}

async function putSome(access: PutAccess, items: readonly Item[]): Promise<Answer<Item>> {
  const { client, streamName: StreamName, signal } = access;
  const command = new PutRecordsCommand({ StreamName, Records: items.map(({ entry }) => entry) });
  const { Records: results = [] } = await remoteCall(
    { service: 'kinesis', hint: HINT, signal },
    (options) => client.send(command, options),
  );
  return {
    refused: items.filter((_, n) => results[n]?.ErrorCode !== undefined),
    cause: results.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode,
  };
}

const HINT = 'It is tried again; if it lasts, give the stream more shards, or put it on demand.';
