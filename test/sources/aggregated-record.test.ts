import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { payloadsOf, userRecords } from '../../src/sources/aggregated-record.ts';
import { aggregated, field, MAGIC, recordOf, sealed, varint } from '../support/aggregated.ts';
import fc from '../support/fast-check.ts';

/** Its own types lack the half of it, and are of an SDK that is no more. */
const reference = createRequire(import.meta.url)('aws-kinesis-agg') as {
  readonly RecordAggregator: new () => {
    addUserRecord(record: object): void;
    build(): { readonly data: Buffer };
  };
  deaggregateSync(
    record: object,
    computeChecksums: boolean,
    done: (error: unknown, records?: readonly { readonly data: string }[]) => void,
  ): void;
};

const payload = fc.oneof(
  fc.uint8Array(),
  fc.json().map(Buffer.from),
  fc.constant(Buffer.alloc(300)),
);
const putRecord = fc.record({
  partitionKey: fc.string({ minLength: 1, maxLength: 5 }).map((key) => `key ${key}`),
  explicitHashKey: fc.option(fc.constantFrom('1', '340282366920938463463374607431768211455'), {
    nil: undefined,
  }),
  data: payload.map(Buffer.from),
});

describe('next to the reference implementation', () => {
  test('what it packs is read here', () => {
    fc.assert(
      fc.property(fc.array(putRecord, { minLength: 1, maxLength: 20 }), (records) => {
        const packer = new reference.RecordAggregator();
        for (const record of records) packer.addUserRecord({ ...record });
        const { data } = packer.build();
        expect(hex(payloadsOf(data))).toEqual(hex(records.map((record) => record.data)));
      }),
    );
  });

  test('what it reads of a message of any fields, or refuses, is the same here', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(anyField, { maxLength: 8 }), cut, (fields, bytesLost) => {
        const message = Buffer.concat(fields);
        const data = sealed(message.subarray(0, Math.max(0, message.length - bytesLost)));
        const [here, theirs] = [payloadsOf(data), readByReference(data)];
        // It does not see that a key is cut off; a message is whole here, or it is none.
        if (here[0] === data) return void expect(bytesLost > 0 || !theirs?.length).toBe(true);
        taken += 1;
        expect(hex(here)).toEqual(theirs);
      }),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(500);
  });
});

describe('a record', () => {
  test('gives its payloads as parts of its bytes, under its position and arrival', () => {
    const packed = { position: '7', arrivalTime: 5, data: aggregated(['{"a":1}', '', '{"a":2}']) };
    const plain = { position: '8', arrivalTime: 6, data: Buffer.from('{"a":3}') };
    const records = [...userRecords([packed, plain])];
    expect(records.map(({ position, arrivalTime }) => [position, arrivalTime])).toEqual([
      ['7', 5],
      ['7', 5],
      ['7', 5],
      ['8', 6],
    ]);
    expect(records.map(({ data }) => String(data))).toEqual(['{"a":1}', '', '{"a":2}', '{"a":3}']);
    expect(records[0]?.data.buffer).toBe(packed.data.buffer);
  });

  test('costs nothing where nothing is packed', () => {
    const records = [{ position: '8', arrivalTime: 6, data: Buffer.from('{"a":3}') }];
    expect(userRecords(records)).toBe(records);
  });

  test('that is packed twice is unpacked once', () => {
    const inner = aggregated(['{}', '{}']);
    expect(hex(payloadsOf(aggregated([inner])))).toEqual(hex([inner]));
  });

  test('may hold as many as fit', () => {
    expect(payloadsOf(sealed(Buffer.alloc(4 * 200_000, EMPTY_RECORD)))).toHaveLength(200_000);
  });

  const good = aggregated(['{"a":1}', '{"a":2}']);
  const body = good.subarray(MAGIC.length, good.length - 16);
  test.each([
    { what: 'the magic alone', data: MAGIC },
    { what: 'part of the magic', data: MAGIC.subarray(0, 3) },
    { what: 'nothing', data: Buffer.alloc(0) },
    { what: 'text after the magic', data: Buffer.concat([MAGIC, Buffer.from('{"a":1}')]) },
    { what: 'a broken MD5', data: changed(good, good.length - 1) },
    { what: 'a broken message', data: changed(good, 9) },
    { what: 'another magic', data: changed(good, 3) },
    { what: 'an end that is cut off', data: good.subarray(0, good.length - 1) },
    { what: 'a message that is cut off, with its MD5', data: sealed(body.subarray(0, -2)) },
    { what: 'a length beyond its end', data: sealed(Buffer.from([0x1a, 0xff, 0xff, 0x03, 1])) },
    { what: 'a length of more than ten bytes', data: sealed(Buffer.alloc(12, 0xff)) },
    { what: 'a group of fields', data: sealed(Buffer.from([0x1b, 0x1c])) },
    { what: 'no records', data: sealed(field(1, 'key')) },
    { what: 'an empty message', data: sealed(Buffer.alloc(0)) },
    { what: 'a record without data', data: sealed(field(3, Buffer.from([8, 0]))) },
    { what: 'too many records', data: sealed(Buffer.alloc(4 * 200_001, EMPTY_RECORD)) },
    { what: 'too many bytes', data: sealed(field(3, recordOf(Buffer.alloc(10 * 1024 * 1024)))) },
  ])('with $what is an ordinary one', ({ data }) => {
    const payloads = payloadsOf(data);
    expect(payloads.length).toBe(1);
    expect(payloads[0]).toBe(data);
  });
});

const EMPTY_RECORD = field(3, field(3, ''));

const hex = (all: readonly Uint8Array[]): string[] =>
  all.map((one) => Buffer.from(one).toString('hex'));

const changed = (bytes: Buffer, at: number): Buffer =>
  Buffer.from(bytes.map((byte, n) => (n === at ? byte ^ 1 : byte)));

/** Fields that a newer producer might write are among them. */
const anyField = fc.oneof(
  fc.string({ maxLength: 5 }).map((key) => field(1, key)),
  fc.constant(field(2, '123')),
  { weight: 4, arbitrary: payload.map((data) => field(3, recordOf(data))) },
  payload.map((data) => field(3, Buffer.concat([recordOf(data), field(4, field(1, 'tag'))]))),
  fc.nat().map((value) => Buffer.concat([varint((9 << 3) | 0), varint(value)])),
  fc.constant(Buffer.concat([varint((10 << 3) | 1), Buffer.alloc(8)])),
  fc.constant(Buffer.concat([varint((11 << 3) | 5), Buffer.alloc(4)])),
  fc.constant(field(200, 'later')),
);

/** Bytes at the end of the message that are missing, and that its MD5 does not miss. */
const cut = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(60));

/** In hex; `undefined` if it refuses. */
function readByReference(data: Buffer): string[] | undefined {
  const kinesis = { data: data.toString('base64'), partitionKey: 'key', sequenceNumber: '1' };
  let read: string[] | undefined;
  reference.deaggregateSync(kinesis, true, (error, records = []) => {
    if (!error) read = records.map((one) => Buffer.from(one.data, 'base64').toString('hex'));
  });
  return read;
}
