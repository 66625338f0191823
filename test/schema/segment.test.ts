import { expect, test } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { ByteReader, ByteWriter } from '../../src/schema/bytes.ts';
import { countCodec, numberCodec } from '../../src/schema/codec.ts';
import { readSegment, SegmentWriter } from '../../src/schema/segment.ts';
import fc from '../support/fast-check.ts';

const rows = fc.array(
  fc.record({ key: fc.string({ unit: 'grapheme', minLength: 1 }), contribution: fc.nat() }),
  { maxLength: 40 },
);
const groups = fc.array(fc.record({ slot: fc.integer({ min: -8.64e15, max: 8.64e15 }), rows }), {
  maxLength: 6,
});

test('what is written is read back, row by row', () => {
  fc.assert(
    fc.property(groups, (list) => {
      const writer = new SegmentWriter(countCodec);
      const written: unknown[] = [];
      for (const { slot, rows } of list) {
        writer.group(slot, rows);
        for (const { key, contribution } of rows) written.push([slot, key, contribution]);
      }
      const read: unknown[] = [];
      readSegment(writer.finish(), countCodec, (...row) => read.push(row));
      expect(read).toEqual(written);
    }),
  );
});

test('a key keeps what elsewhere is a byte order mark', () => {
  const writer = new SegmentWriter(countCodec);
  const keys = ['\ufeffabc', 'abc', '\ufeff'];
  writer.group(
    0,
    keys.map((key) => ({ key, contribution: 1 })),
  );
  const read: string[] = [];
  readSegment(writer.finish(), countCodec, (_slot, key) => read.push(key));
  expect(read).toEqual(keys);
});

test('many rows of like keys take a few bytes each', () => {
  const writer = new SegmentWriter(countCodec);
  const pages = Array.from({ length: 1000 }, (_, i) => ({
    key: `/products/${i}`,
    contribution: 3,
  }));
  writer.group(300_000, pages);
  expect(writer.finish().length).toBeLessThan(4000);
});

test('where deflating begins is asked for, and one writer makes several', () => {
  const writer = new SegmentWriter(countCodec);
  const rows = Array.from({ length: 100 }, () => ({ key: 'same', contribution: 1 }));
  const [deflated, plain] = [undefined, 1_000].map((deflateFrom) => {
    writer.clear();
    writer.group(1_000, rows);
    return writer.finish(deflateFrom);
  }) as [Uint8Array, Uint8Array];
  expect(deflated.length).toBeLessThan(100);
  expect(plain.length).toBeGreaterThan(600);
  for (const bytes of [deflated, plain]) {
    let read = 0;
    readSegment(bytes, countCodec, (slot, key, count) => {
      expect([slot, key, count]).toEqual([1_000, 'same', 1]);
      read += 1;
    });
    expect(read).toBe(100);
  }
});

test('a segment of a later version is refused with the way out', () => {
  const bytes = new SegmentWriter(countCodec).finish();
  bytes[0] = 2;
  expect(() => readSegment(bytes, countCodec, () => undefined)).toThrow(
    expect.objectContaining({
      code: 'FORMAT',
      hint: expect.stringContaining('version of tidemark'),
    }),
  );
});

test('any damage is a FormatError or other rows, never another error', () => {
  const writer = new SegmentWriter(countCodec);
  writer.group(
    1000,
    Array.from({ length: 60 }, (_, i) => ({ key: `key-${i}`, contribution: i })),
  );
  const whole = writer.finish();
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, cut) => {
      const damaged = whole.slice(0, cut);
      if (at < cut) damaged[at] = byte;
      try {
        readSegment(damaged, countCodec, () => undefined);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('numbers survive storage, the odd ones too', () => {
  const odd = [0, -0, 1, -1, 2 ** 51, -(2 ** 51), 2 ** 53, Number.NaN, 1 / 3, Number.MAX_VALUE];
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...odd), fc.double(), fc.maxSafeInteger()), (value) => {
      const writer = new ByteWriter(1);
      numberCodec.write(value, writer, 0);
      expect(numberCodec.read(new ByteReader(writer.bytes()), 0)).toBe(value);
    }),
  );
});

test('whole numbers survive in the shortest form', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: -(2 ** 51), max: 2 ** 51 }), (n, i) => {
      const writer = new ByteWriter(1);
      writer.unsigned(n);
      writer.signed(i);
      const reader = new ByteReader(writer.bytes());
      expect([reader.unsigned(), reader.signed()]).toEqual([n, i === 0 ? 0 : i]);
    }),
  );
  const short = new ByteWriter();
  short.unsigned(127);
  expect(short.length).toBe(1);
});
