import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** An item in DynamoDB's own form. */
export type AttributeMap = Record<string, AttributeValue>;

/** One change as Lambda hands it to a function. Source: "Using Lambda with DynamoDB", AWS Lambda developer guide. */
export interface ControlEventRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY';
  readonly eventVersion: '1.1';
  readonly eventSource: 'aws:dynamodb';
  readonly awsRegion: string;
  readonly dynamodb: {
    /** Seconds since 1970. */
    readonly ApproximateCreationDateTime: number;
    readonly Keys: AttributeMap;
    readonly NewImage: AttributeMap;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: 'NEW_IMAGE';
  };
  readonly eventSourceARN: string;
}

/** A change that was seen in the control table. */
export interface ControlChange {
  readonly isNew: boolean;
  readonly image: AttributeMap;
  readonly sequenceNumber: string;
  readonly table: string;
}

/** Puts a change into the form in which a table's stream tells it. */
export function controlEventRecord(change: ControlChange): ControlEventRecord {
  const { image, sequenceNumber, table } = change;
  const { pk, sk } = image;
  return {
    eventID: sequenceNumber,
    eventName: change.isNew ? 'INSERT' : 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(Date.now() / 1_000),
      Keys: { ...(pk && { pk }), ...(sk && { sk }) },
      NewImage: image,
      SequenceNumber: sequenceNumber,
      SizeBytes: Buffer.byteLength(JSON.stringify(image)),
      StreamViewType: 'NEW_IMAGE',
    },
    eventSourceARN: `arn:aws:dynamodb:us-east-1:000000000000:table/${table}/stream/local`,
  };
}
