import { FormatError } from '../../errors.ts';
import type { ByteReader, ByteWriter } from '../../schema/bytes.ts';
import type { Item, Key, Value } from '../store.ts';

const TEXT = 0;
const NUMBER = 1;
const BYTES = 2;
const TEXTS = 3;

/** An item: its keys, then name, kind and value of each attribute. */
export function writeItem(item: Item, to: ByteWriter): void {
  const attributes = Object.entries(item).filter(([name]) => name !== 'pk' && name !== 'sk');
  to.text(item.pk);
  to.text(item.sk);
  to.unsigned(attributes.length);
  for (const [name, value] of attributes) {
    to.text(name);
    writeValue(value, to);
  }
}

export function readItem(from: ByteReader): Item {
  const item: Record<string, Value> & Key = { pk: from.text(), sk: from.text() };
  for (let left = from.unsigned(); left > 0; left--) item[from.text()] = readValue(from);
  return item;
}

function writeValue(value: Value, to: ByteWriter): void {
  if (typeof value === 'string') {
    to.byte(TEXT);
    to.text(value);
  } else if (typeof value === 'number') {
    to.byte(NUMBER);
    to.float(value);
  } else if (value instanceof Uint8Array) {
    to.byte(BYTES);
    to.unsigned(value.length);
    to.raw(value);
  } else {
    to.byte(TEXTS);
    to.unsigned(value.length);
    for (const text of value) to.text(text);
  }
}

function readValue(from: ByteReader): Value {
  const kind = from.byte();
  if (kind === TEXT) return from.text();
  if (kind === NUMBER) return from.float();
  if (kind === BYTES) return from.raw(from.unsigned());
  if (kind === TEXTS) return Array.from({ length: from.unsigned() }, () => from.text());
  throw new FormatError(`a value of kind ${kind}`);
}
