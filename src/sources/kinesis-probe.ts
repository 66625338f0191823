import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
} from '@aws-sdk/client-kinesis';
import { isNamed, retried, type StreamAccess } from './kinesis-call.ts';
import type { Probe } from './source.ts';

/** What a probe found. */
export type Finding = Pick<Probe, 'behind' | 'drained'>;

/** Looks behind a position of a shard. */
export type Look = (shardId: string, after: string | undefined) => Promise<Finding>;

/** A shard that holds nothing and will not. */
export const DRAINED: Finding = { behind: false, drained: true };
const BEHIND: Finding = { behind: true, drained: false };
const IDLE: Finding = { behind: false, drained: false };

/**
 * A response without records proves nothing while MillisBehindLatest is above 0, and the way over
 * a long gap takes many. Source: "GetRecords", Amazon Kinesis Data Streams API reference.
 */
const READS_MAX = 25;

/**
 * Reads until there is a record, or none is left. A look that does not get there says behind, the
 * answer that holds the watermark, and the next one for the same position goes on from where it
 * ended: a gap of any length is crossed at last.
 */
export function shardLook(access: StreamAccess): Look {
  const reached = new Map<string, Place>();
  return async (shardId, after) => {
    const known = reached.get(shardId);
    const place: Place = known?.after === after && known !== undefined ? known : { after };
    reached.set(shardId, place);
    try {
      return await readOn(access, shardId, place);
    } catch (error) {
      reached.delete(shardId);
      if (isNamed(error, 'ResourceNotFoundException')) return DRAINED; // Its retention is over.
      throw error;
    }
  };
}

/** Between `after` and `iterator` there is nothing. */
interface Place {
  readonly after: string | undefined;
  iterator?: string;
}

async function readOn(access: StreamAccess, shardId: string, place: Place): Promise<Finding> {
  let sawTip = false;
  for (let reads = 0; reads < READS_MAX; reads += 1) {
    if (reads > 1) await sleep(access.readPauseMs);
    const { found, next, atTip } = await readOnce(access, shardId, place);
    if (found) return BEHIND;
    if (next === undefined) return DRAINED;
    place.iterator = next;
    // One read more at the tip: some servers tell only then that a closed shard is at its end.
    if (sawTip) return IDLE;
    sawTip = atTip;
  }
  return BEHIND;
}

interface Reading {
  readonly found: boolean;
  readonly atTip: boolean;
  readonly next: string | undefined;
}

async function readOnce(access: StreamAccess, shardId: string, place: Place): Promise<Reading> {
  try {
    return await readAt(
      access,
      place.iterator ?? (await iteratorAfter(access, shardId, place.after)),
    );
  } catch (error) {
    if (!isNamed(error, 'ExpiredIteratorException')) throw error;
    // An iterator lives 5 minutes: from the position once more.
    return readAt(access, await iteratorAfter(access, shardId, place.after));
  }
}

async function readAt(access: StreamAccess, ShardIterator: string | undefined): Promise<Reading> {
  const command = new GetRecordsCommand({ ShardIterator, Limit: 1 });
  const answer = await retried(access, () => access.client.send(command));
  return {
    found: (answer.Records ?? []).length > 0,
    atTip: (answer.MillisBehindLatest ?? 0) === 0,
    next: answer.NextShardIterator ?? undefined,
  };
}

async function iteratorAfter(
  access: StreamAccess,
  shardId: string,
  after: string | undefined,
): Promise<string | undefined> {
  const oldest = beginning(access);
  if (after === undefined) return iteratorAt(access, shardId, oldest);
  try {
    const StartingSequenceNumber = after;
    return await iteratorAt(access, shardId, {
      ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
      StartingSequenceNumber,
    });
  } catch (error) {
    if (!isNamed(error, 'InvalidArgumentException')) throw error;
    // The position is older than what is kept: all that is left comes after it.
    return iteratorAt(access, shardId, oldest);
  }
}

/** Where the delivery of a shard begins. */
function beginning({ startAt, now }: StreamAccess): StartingPosition {
  if (startAt === undefined) return { ShardIteratorType: 'TRIM_HORIZON' };
  // Kinesis refuses times that are still to come.
  return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(Math.min(startAt, now())) };
}

type StartingPosition = Pick<
  GetShardIteratorCommandInput,
  'ShardIteratorType' | 'StartingSequenceNumber' | 'Timestamp'
>;

async function iteratorAt(
  access: StreamAccess,
  ShardId: string,
  position: StartingPosition,
): Promise<string | undefined> {
  const { client, streamName: StreamName } = access;
  const command = new GetShardIteratorCommand({ StreamName, ShardId, ...position });
  return (await retried(access, () => client.send(command))).ShardIterator;
}
