import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { Backoff } from '../backoff.ts';
import { UnavailableError } from '../errors.ts';
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

export const isPartitionKey = (key: string): boolean =>
  key.length > 0 && key.length <= PARTITION_KEY_MAX;

export const recordBytes = ({ partitionKey, data }: PutRecord): number =>
  Buffer.byteLength(partitionKey) + data.length;

/**
 * Puts records, and those again that the stream did not take, until it has all of them. Records of one
 * partition key are taken in their order: a request may be taken in part, so that none of them is
 * sent before those ahead of it are known to be there.
 *
 * @throws UnavailableError if some are not there after all tries, DeadlineError
 */
export async function putAll(access: PutAccess, records: readonly PutRecord[]): Promise<void> {
  const { backoff, signal } = access;
  let left = records;
  for (let retry = 0; left.length > 0; ) {
    const { request, later } = nextRequest(left);
    const { refused, cause } = await putSome(access, request);
    left = [...refused, ...later];
    retry = refused.length < request.length ? 0 : retry + 1;
    if (retry >= backoff.triesMax) throw notTaken(access, left.length, cause);
    if (refused.length === 0) continue;
    access.onRefused?.(refused.length);
    await backoff.pause(retry, signal);
  }
}

/** The first record of each partition key, as far as a request can hold them. */
function nextRequest(records: readonly PutRecord[]): { request: PutRecord[]; later: PutRecord[] } {
  const request: PutRecord[] = [];
  const later: PutRecord[] = [];
  const keys = new Set<string>();
  let room = REQUEST_BYTES_MAX;
  for (const record of records) {
    const bytes = recordBytes(record);
    const isFirst = !keys.has(record.partitionKey);
    // Also of one that has no room: none behind it may overtake it.
    keys.add(record.partitionKey);
    if (
      isFirst &&
      request.length < REQUEST_RECORDS_MAX &&
      (bytes <= room || request.length === 0)
    ) {
      request.push(record);
      room -= bytes;
    } else later.push(record);
  }
  return { request, later };
}

interface Put {
  readonly refused: readonly PutRecord[];
  readonly cause: unknown;
}

/** One request. Records whose fate is unknown count as refused. */
async function putSome(access: PutAccess, records: readonly PutRecord[]): Promise<Put> {
  const { client, streamName: StreamName, signal } = access;
  const command = new PutRecordsCommand({
    StreamName,
    Records: records.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data })),
  });
  try {
    const send = () => client.send(command, signal === undefined ? {} : { abortSignal: signal });
    const answer = await remoteCall({ service: 'kinesis', hint: HINT, signal }, send);
    const results = answer.Records ?? [];
    const refused = records.filter((_, n) => results[n]?.ErrorCode !== undefined);
    return { refused, cause: results.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode };
  } catch (error) {
    if (error instanceof UnavailableError) return { refused: records, cause: error };
    throw error;
  }
}

const HINT = 'It is tried again; if it lasts, give the stream more shards, or put it on demand.';

const notTaken = ({ streamName }: PutAccess, count: number, cause: unknown): UnavailableError =>
  new UnavailableError(`the stream "${streamName}" did not take ${count} records in all tries`, {
    hint: HINT,
    cause,
  });
