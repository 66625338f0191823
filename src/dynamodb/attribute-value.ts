import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { FormatError } from '../errors.ts';
import { invariant } from '../invariant.ts';
import { isStorable } from '../schema/stored-number.ts';

/** An item on the wire. */
export type Attributes = Record<string, AttributeValue>;

/** What the protocol stores. Written by hand: a marshalling library costs thirty times as much. */
export type PlainValue = string | number | Uint8Array | readonly string[];

/** string → S, number → N, bytes → B, list of texts → L of S. */
export function encodeValue(value: PlainValue): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return encodeNumber(value);
  if (value instanceof Uint8Array) return { B: value };
  return { L: value.map((text) => ({ S: text })) };
}

/** The inverse of encodeValue. Throws FormatError for a type that the protocol does not write. */
export function decodeValue(attribute: AttributeValue): PlainValue {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.B !== undefined) return plainBytes(attribute.B);
  if (attribute.L !== undefined) return attribute.L.map(decodeText);
  throw new FormatError(`a stored value has the type "${Object.keys(attribute).join()}"`, {
    hint: 'Only the library may write to its tables.',
  });
}

export function encodeItem(item: Readonly<Record<string, PlainValue>>): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(item)) attributes[name] = encodeValue(value);
  return attributes;
}

export function decodeItem(attributes: Attributes): Record<string, PlainValue> {
  const item: Record<string, PlainValue> = {};
  for (const [name, attribute] of Object.entries(attributes)) item[name] = decodeValue(attribute);
  return item;
}

/** The bytes as a Uint8Array: the SDK gives a Buffer, which has another `slice`. Not a copy. */
export const plainBytes = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function encodeNumber(value: number): AttributeValue {
  invariant(isStorable(value), `${Object.is(value, -0) ? '-0' : value} is a number to store`);
  return { N: String(value) };
}

function decodeText(attribute: AttributeValue): string {
  if (attribute.S !== undefined) return attribute.S;
  throw new FormatError(`a stored list has an element of type "${Object.keys(attribute).join()}"`);
}
