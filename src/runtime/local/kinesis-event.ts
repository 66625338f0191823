/** One record as Lambda hands it to a function. Source: "Using Lambda with Kinesis", AWS Lambda developer guide. */
export interface KinesisEventRecord {
  readonly kinesis: {
    readonly kinesisSchemaVersion: '1.0';
    readonly partitionKey: string;
    readonly sequenceNumber: string;
    /** Base64. */
    readonly data: string;
    /** Seconds since 1970, with three decimals. */
    readonly approximateArrivalTimestamp: number;
  };
  readonly eventSource: 'aws:kinesis';
  readonly eventVersion: '1.0';
  readonly eventID: string;
  readonly eventName: 'aws:kinesis:record';
  readonly invokeIdentityArn: string;
  readonly awsRegion: string;
  readonly eventSourceARN: string;
}

/** Where records come from. */
export interface ShardOrigin {
  readonly streamArn: string;
  readonly shardId: string;
}

/** One record as the poller holds it. */
export interface PolledRecord {
  readonly sequenceNumber: string;
  readonly event: KinesisEventRecord;
  /** Its share of the event's JSON, in bytes. */
  readonly bytes: number;
}

/** What GetRecords gives of a record, with nothing missing. */
export interface RawRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** ms. */
  readonly arrivalTime: number;
}

/** Puts a record into the form in which a function gets it. */
export function polledRecord(origin: ShardOrigin, raw: RawRecord): PolledRecord {
  const event = eventRecord(origin, raw);
  // One more byte for the comma that parts it from the next record.
  const bytes = Buffer.byteLength(JSON.stringify(event)) + 1;
  return { sequenceNumber: raw.sequenceNumber, event, bytes };
}

function eventRecord({ streamArn, shardId }: ShardOrigin, raw: RawRecord): KinesisEventRecord {
  const { data } = raw;
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: raw.partitionKey,
      sequenceNumber: raw.sequenceNumber,
      data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
      approximateArrivalTimestamp: raw.arrivalTime / 1_000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shardId}:${raw.sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/local',
    awsRegion: streamArn.split(':')[3] ?? '',
    eventSourceARN: streamArn,
  };
}
