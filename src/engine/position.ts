/**
 * A place in a shard: decimal digits, up to 129 of them, so neither a JavaScript nor a DynamoDB
 * number; compared by length, then text. (Kinesis API reference, Record.SequenceNumber)
 */
export const BEFORE_ALL = '0';

export const isAfter = (position: string, other: string): boolean =>
  position.length === other.length ? position > other : position.length > other.length;
