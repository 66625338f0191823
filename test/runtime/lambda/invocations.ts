/** Invocations of a function as Lambda makes them. */
export const context = (remainingMs = 30_000, awsRequestId = 'request-1') => ({
  getRemainingTimeInMillis: () => remainingMs,
  awsRequestId,
});

export interface Delivered {
  readonly position: string;
  readonly data: Uint8Array;
  readonly arrivalTime: number;
}

/** A batch of an event source mapping of a Kinesis stream. */
export const kinesisEvent = (
  stream: string,
  shard: string,
  records: readonly Delivered[],
): unknown => ({
  Records: records.map(({ position, data, arrivalTime }) => ({
    eventSource: 'aws:kinesis',
    eventSourceARN: `arn:aws:kinesis:eu-west-1:1:stream/${stream}`,
    eventID: `${shard}:${position}`,
    kinesis: {
      sequenceNumber: position,
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: arrivalTime / 1_000,
    },
  })),
});

/** A change of a bucket's item, as the control table's stream tells it. */
export const bucketEvent = (item: Readonly<Record<string, unknown>>): unknown => {
  const NewImage = Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      typeof value === 'number' ? { N: String(value) } : { S: String(value) },
    ]),
  );
  return {
    Records: [{ eventSource: 'aws:dynamodb', dynamodb: { SequenceNumber: '1', NewImage } }],
  };
};
