import { DAYS } from 'tidemark';
import type { AttributeMap } from '../../src/runtime/local/control-event.ts';
import { eachLine, lineWriter } from './lines.ts';

/** The one shard of most jobs. */
export const SHARD = shardNamed(0);
export const STREAM_NAME = 'bench';

/** As Kinesis names shards. */
export function shardNamed(number: number): string {
  return `shardId-${String(number).padStart(12, '0')}`;
}

const ARN = `arn:aws:kinesis:us-east-1:000000000000:stream/${STREAM_NAME}`;
/** Sequence numbers of Kinesis have 56 digits. */
const FIRST_SEQUENCE_NUMBER = 49_600_000_000_000n * 10n ** 42n;

/** Writes what a mapping invokes a function with, a line each, with so many records at most. */
export function writeInvocations(input: string, file: string, batch: number): void {
  const out = lineWriter(file);
  let records: object[] = [];
  let count = 0n;
  let now = 0;
  const flush = (): void => {
    if (records.length > 0) out.write({ Records: records });
    records = [];
  };
  eachLine(input, (line) => {
    const { dateTime, timestamp } = JSON.parse(line);
    now = Math.max(now, dateTime ?? Date.parse(timestamp));
    records.push(kinesisRecord({ number: count++, line, arrivalTime: now }));
    if (records.length === batch) flush();
  });
  flush();
  out.close();
}

/** What a shard has, and where in it. */
export interface Recorded {
  readonly number: number | bigint;
  readonly line: string;
  /** ms. */
  readonly arrivalTime: number;
  readonly shard?: string;
}

/** Source: "Using Lambda to process records from Kinesis Data Streams", AWS Lambda developer guide. */
export function kinesisRecord({ number, line, arrivalTime, shard = SHARD }: Recorded): object {
  const sequenceNumber = String(FIRST_SEQUENCE_NUMBER + BigInt(number));
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: '1',
      sequenceNumber,
      data: Buffer.from(line).toString('base64'),
      approximateArrivalTimestamp: arrivalTime / 1_000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shard}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/bench',
    awsRegion: 'us-east-1',
    eventSourceARN: ARN,
  };
}

/** Of changed items of the control table, in DynamoDB's own form. */
export const controlInvocation = (images: readonly AttributeMap[]): object => ({
  Records: images.map((NewImage, n) => ({
    eventSource: 'aws:dynamodb',
    dynamodb: { NewImage, SequenceNumber: String(n + 1) },
  })),
});

export const TICK = { tidemark: 'tick' };

/** Long after everything: when nothing comes any more, the last windows close. */
export const LATER_MS = DAYS;
