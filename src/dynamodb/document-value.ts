import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { FormatError } from '../errors.ts';
import { fitsNumber } from '../schema/stored-number.ts';
import { type Attributes, plainBytes } from './attribute-value.ts';

/**
 * Any value of a user as a DynamoDB document, so that other programs can query into it: null → NULL,
 * boolean → BOOL, string → S, number and bigint → N, bytes → B, array → L, object → M. As in JSON,
 * `toJSON` is honoured, and a property that is undefined, a function or a symbol is left out (in a
 * list, and at the top, it is NULL).
 *
 * A number that DynamoDB cannot hold becomes text, spelled as JavaScript spells it: `"NaN"`,
 * `"Infinity"`, `"-Infinity"`, `"1e+300"`, `"1e-200"`. -0 becomes 0.
 */
export function encodeDocument(value: unknown): AttributeValue {
  if (value === null || isAbsent(value)) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'number') return encodeNumber(value);
  if (typeof value === 'bigint') return encodeBigInt(value);
  return encodeObject(value as object);
}

/** The value of a document; a number that became text stays text, and a set becomes a list. */
export function decodeDocument(attribute: AttributeValue): unknown {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.NULL !== undefined) return null;
  if (attribute.B !== undefined) return plainBytes(attribute.B);
  if (attribute.L !== undefined) return attribute.L.map(decodeDocument);
  if (attribute.M !== undefined) return decodeMap(attribute.M);
  if (attribute.SS !== undefined) return attribute.SS;
  if (attribute.NS !== undefined) return attribute.NS.map(Number);
  if (attribute.BS !== undefined) return attribute.BS.map(plainBytes);
  throw new FormatError(`a row has a value of type "${Object.keys(attribute).join()}"`);
}

function encodeNumber(value: number): AttributeValue {
  return fitsNumber(value) ? { N: String(value) } : { S: String(value) };
}

function encodeBigInt(value: bigint): AttributeValue {
  const text = String(value);
  const digits = text.replace('-', '').length;
  return digits <= DIGITS_MAX ? { N: text } : { S: text };
}

function encodeObject(value: object): AttributeValue {
  if (value instanceof Uint8Array) return { B: value };
  if (hasToJson(value)) return encodeDocument(value.toJSON());
  if (Array.isArray(value)) return { L: value.map(encodeDocument) };
  return { M: encodeMap(value) };
}

function encodeMap(value: object): Attributes {
  const present = Object.entries(value).filter(([, part]) => !isAbsent(part));
  return Object.fromEntries(present.map(([name, part]) => [name, encodeDocument(part)]));
}

function decodeMap(map: Attributes): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(map).map(([name, part]) => [name, decodeDocument(part)]),
  );
}

const isAbsent = (value: unknown): boolean =>
  value === undefined || typeof value === 'function' || typeof value === 'symbol';

const hasToJson = (value: object): value is { toJSON(): unknown } =>
  'toJSON' in value && typeof value.toJSON === 'function';

const DIGITS_MAX = 38;
