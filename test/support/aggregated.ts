import { createHash } from 'node:crypto';

/** Payloads as the Kinesis Producer Library packs them into one record. */
export const aggregated = (payloads: readonly (string | Uint8Array)[]): Buffer =>
  sealed(Buffer.concat([field(1, 'key'), ...payloads.map((data) => field(3, recordOf(data)))]));

/** A message between the magic and its MD5. */
export const sealed = (message: Uint8Array): Buffer =>
  Buffer.concat([MAGIC, message, createHash('md5').update(message).digest()]);

/** What an aggregate begins with. */
export const MAGIC = Buffer.from('f3899ac2', 'hex');

/** A record of an aggregate: the number of its key, then its data. */
export const recordOf = (data: string | Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([(1 << 3) | 0, 0]), field(3, data)]);

/** A field of a protobuf message that has a length. */
export function field(number: number, content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
