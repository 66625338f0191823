import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import {
  decodeItem,
  decodeValue,
  encodeItem,
  encodeValue,
} from '../../src/dynamodb/attribute-value.ts';
import { decodeDocument, encodeDocument } from '../../src/dynamodb/document-value.ts';
import { FormatError, InvariantError } from '../../src/errors.ts';
import fc from '../support/fast-check.ts';

/** Every number but -0 that DynamoDB can hold. */
const storable = fc
  .oneof(fc.double({ noNaN: true }), fc.maxSafeInteger(), fc.integer())
  .filter((n) => n === 0 || (Math.abs(n) >= 1e-130 && Math.abs(n) < 1e126))
  .map((n) => n + 0);

describe('values of the protocol', () => {
  test('come back as they were', () => {
    const value = fc.oneof(fc.string(), storable, fc.uint8Array(), fc.array(fc.string()));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), (item) => {
        expect(decodeItem(encodeItem(item))).toEqual({ ...item });
      }),
    );
  });

  test.each([
    ['text', { S: 'text' }],
    ['', { S: '' }],
    [12.5, { N: '12.5' }],
    [1e21, { N: '1e+21' }],
    [Uint8Array.of(1), { B: Uint8Array.of(1) }],
    [['a', 'b'], { L: [{ S: 'a' }, { S: 'b' }] }],
  ])('%j is %j', (value, attribute) => {
    expect(encodeValue(value)).toEqual(attribute);
  });

  test.each([-0, Number.NaN, Infinity, -Infinity, 1e126, -1e126, 9e-131])(
    'never have the number %d',
    (value) => {
      expect(() => encodeValue(value)).toThrow(InvariantError);
    },
  );

  test.each<AttributeValue>([{ BOOL: true }, { NULL: true }, { M: {} }, { L: [{ N: '1' }] }])(
    'are not %j',
    (attribute) => {
      expect(() => decodeValue(attribute)).toThrow(FormatError);
    },
  );

  test('are plain bytes where the SDK gives a Buffer', () => {
    const bytes = decodeValue({ B: Buffer.from([1, 2]) });
    expect(bytes.constructor).toBe(Uint8Array);
    expect(bytes).toEqual(Uint8Array.of(1, 2));
  });
});

describe('documents', () => {
  test('of JSON with numbers that fit come back as they were', () => {
    const leaf = fc.oneof(fc.string(), storable, fc.boolean(), fc.constant(null), fc.uint8Array());
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ depthSize: 'small' }, leaf, tie('list'), tie('map')),
      list: fc.array(tie('tree')),
      map: fc.dictionary(fc.string(), tie('tree'), { noNullPrototype: true }),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(decodeDocument(encodeDocument(value))).toEqual(value);
      }),
    );
  });

  test.each<[unknown, AttributeValue]>([
    [Number.NaN, { S: 'NaN' }],
    [Infinity, { S: 'Infinity' }],
    [-Infinity, { S: '-Infinity' }],
    [1e300, { S: '1e+300' }],
    [-1e-200, { S: '-1e-200' }],
    [-0, { N: '0' }],
    [9.99e125, { N: '9.99e+125' }],
    [12345678901234567890123456789012345678n, { N: '12345678901234567890123456789012345678' }],
    [10n ** 38n, { S: `1${'0'.repeat(38)}` }],
    [undefined, { NULL: true }],
    [[undefined, 1], { L: [{ NULL: true }, { N: '1' }] }],
    [{ a: undefined, b: () => 1, c: Symbol('c'), d: 1 }, { M: { d: { N: '1' } } }],
    [new Date(0), { S: '1970-01-01T00:00:00.000Z' }],
    [{ nested: [{ deep: true }] }, { M: { nested: { L: [{ M: { deep: { BOOL: true } } }] } } }],
  ])('%o is %j', (value, attribute) => {
    expect(encodeDocument(value)).toEqual(attribute);
  });
});
