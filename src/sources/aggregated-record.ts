import { createHash } from 'node:crypto';
import type { LogRecord } from './source.ts';

/**
 * The records that producers have put, where the Kinesis Producer Library has packed several into one.
 * They keep the position and the arrival of the record that they came in, and belong together: whoever
 * reads on from a position is given all of them or none. Of what is no list, such as the lines of a file,
 * nothing is packed.
 */
export function userRecords(records: Iterable<LogRecord>): Iterable<LogRecord> {
  if (!Array.isArray(records) || !records.some(({ data }: LogRecord) => hasMagic(data)))
    return records;
  return records.flatMap((record: LogRecord) =>
    payloadsOf(record.data).map((data) => ({ ...record, data })),
  );
}

/**
 * What is packed in a record: `F3 89 9A C2`, a protobuf AggregatedRecord, and its MD5. The payloads are
 * parts of the bytes given, not copies. Partition keys, explicit hash keys and tags are passed over, and
 * what is packed twice is one payload of the outer pack.
 *
 * What only begins like one, is damaged, or holds nothing, is one payload as it is, so that all of it is
 * accounted for. As it is no UTF-8, no schema lets it pass by mistake.
 *
 * Source: "KPL Aggregated Record Format", aggregation-format.md of the Kinesis Producer Library.
 */
export function payloadsOf(data: Uint8Array): readonly Uint8Array[] {
  const payloads = hasMagic(data) ? unpacked(data) : [];
  return payloads.length === 0 ? [data] : payloads;
}

const MAGIC_BYTES = 4;
const MD5_BYTES = 16;
/** Kinesis takes no larger record. Source: "Quotas and limits", Kinesis Data Streams developer guide. */
const BYTES_MAX = 10 * 1024 * 1024;
/** A record of nothing takes four bytes, and an object of many times that here: what is packed is bounded. */
const RECORDS_MAX = 200_000;

const hasMagic = (data: Uint8Array): boolean =>
  data[0] === 0xf3 && data[1] === 0x89 && data[2] === 0x9a && data[3] === 0xc2;

/** Nothing, if it is no aggregate. */
function unpacked(data: Uint8Array): readonly Uint8Array[] {
  const end = data.length - MD5_BYTES;
  if (end < MAGIC_BYTES || data.length > BYTES_MAX) return [];
  const message = data.subarray(MAGIC_BYTES, end);
  const digest = createHash('md5').update(message).digest();
  if (digest.compare(data, end) !== 0) return [];
  try {
    return dataIn(message);
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/** Field numbers of protobuf messages, with the wire type of what has a length. */
const LENGTH_DELIMITED = 2;
const RECORDS = (3 << 3) | LENGTH_DELIMITED;
const RECORD_DATA = (3 << 3) | LENGTH_DELIMITED;

function dataIn(message: Uint8Array): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  const fields = new Fields(message);
  for (let tag = fields.tag(); tag !== undefined; tag = fields.tag()) {
    if (tag !== RECORDS) fields.skip(tag);
    else if (payloads.push(dataOf(fields.bytes())) > RECORDS_MAX) throw malformed();
  }
  return payloads;
}

function dataOf(record: Uint8Array): Uint8Array {
  let data: Uint8Array | undefined;
  const fields = new Fields(record);
  for (let tag = fields.tag(); tag !== undefined; tag = fields.tag()) {
    if (tag === RECORD_DATA) data = fields.bytes();
    else fields.skip(tag);
  }
  if (data === undefined) throw malformed();
  return data;
}

/** The fields of one protobuf message. What does not fit into it is a RangeError. */
class Fields {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** `undefined` at the end. */
  tag(): number | undefined {
    return this.#at === this.#bytes.length ? undefined : this.#varint();
  }

  bytes(): Uint8Array {
    return this.#take(this.#varint());
  }

  skip(tag: number): void {
    const wireType = tag % 8;
    if (wireType === 0) this.#varint();
    else if (wireType === 1) this.#take(8);
    else if (wireType === LENGTH_DELIMITED) this.bytes();
    else if (wireType === 5) this.#take(4);
    else throw malformed();
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw malformed();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** Of up to ten bytes; beyond 2^53 it is not exact, and too long for anything here. */
  #varint(): number {
    let value = 0;
    for (let place = 1; place < 2 ** 70; place *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte % 128) * place;
      if (byte < 128) return value;
    }
    throw malformed();
  }
}

const malformed = (): RangeError => new RangeError('the message is no AggregatedRecord');
