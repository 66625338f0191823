import { isUtf8 } from 'node:buffer';
import { eventOf, type Field, fits } from './fields.ts';
import {
  afterNumber,
  afterSpace,
  afterValue,
  BACKSLASH,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isDigit,
  isNumberStart,
  OPEN_OBJECT,
  QUOTE,
  startsWith,
  UNSURE,
} from './json-bytes.ts';
import { ShortTexts } from './short-texts.ts';

/**
 * Reads the declared fields of an event from the bytes of its JSON, and goes over the rest. It gives up
 * wherever it is not sure to make of it what JSON.parse does: of escapes in what it reads, of objects in a
 * field, and of everything that is no JSON.
 */
export class FieldReader {
  readonly #fields: readonly Field[];
  readonly #names: readonly Uint8Array[];
  readonly #values: unknown[];
  readonly #texts = new ShortTexts();
  /** The properties of the event before, in order: most events of a stream have the same. */
  readonly #before: Property[] = [];
  #data: Uint8Array = NOTHING;
  #isAscii = true;

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
    this.#names = fields.map(({ name }) => Buffer.from(name));
    this.#values = fields.map(() => undefined);
  }

  /** `undefined`: not sure. */
  read(data: Uint8Array): unknown {
    this.#data = data;
    this.#isAscii = true;
    this.#values.fill(undefined);
    const end = this.#object();
    this.#data = NOTHING;
    if (end < 0 || afterSpace(data, end) !== data.length) return undefined;
    if (!this.#isAscii && !isUtf8(data)) return undefined;
    for (let n = 0; n < this.#fields.length; n++) {
      if (!fits(this.#fields[n] as Field, this.#values[n])) return undefined;
    }
    return eventOf(this.#fields, this.#values);
  }

  #object(): number {
    const data = this.#data;
    let at = afterSpace(data, 0);
    if (data[at] !== OPEN_OBJECT) return UNSURE;
    at = afterSpace(data, at + 1);
    if (data[at] === CLOSE_OBJECT) return at + 1;
    for (let nth = 0; ; nth++) {
      const property = this.#propertyAt(at, nth);
      if (property === undefined) return UNSURE;
      at = afterSpace(data, at + property.quoted.length);
      if (data[at] !== COLON) return UNSURE;
      at = this.#value(afterSpace(data, at + 1), property.field);
      if (at < 0) return UNSURE;
      at = afterSpace(data, at);
      if (data[at] === CLOSE_OBJECT) return at + 1;
      if (data[at] !== COMMA) return UNSURE;
      at = afterSpace(data, at + 1);
    }
  }

  #propertyAt(at: number, nth: number): Property | undefined {
    const before = this.#before[nth];
    if (before !== undefined && startsWith(this.#data, at, before.quoted)) return before;
    const quoted = plainTextAt(this.#data, at);
    if (quoted === undefined) return undefined;
    const name = quoted.subarray(1, -1);
    const field = this.#names.findIndex(
      (one) => one.length === name.length && startsWith(name, 0, one),
    );
    const property = { quoted: quoted.slice(), field };
    if (nth < PROPERTIES_KEPT) this.#before[nth] = property;
    return property;
  }

  #value(at: number, field: number): number {
    const data = this.#data;
    const byte = data[at];
    if (field < 0) {
      const end = afterValue(data, at);
      if (this.#isAscii && byte !== undefined && !isNumberStart(byte)) this.#look(at, end);
      return end;
    }
    if (byte === QUOTE) return this.#text(at, field);
    if (isNumberStart(byte)) return this.#number(at, field);
    const end = byte === OPEN_OBJECT || byte === OPEN_LIST ? UNSURE : afterValue(data, at);
    if (end > 0) this.#values[field] = byte === NULL ? null : byte === TRUE;
    return end;
  }

  #look(from: number, to: number): void {
    const data = this.#data;
    for (let at = from; at < to; at++) {
      if ((data[at] as number) < 0x80) continue;
      this.#isAscii = false;
      return;
    }
  }

  #text(quote: number, field: number): number {
    const data = this.#data;
    let isAscii = true;
    for (let at = quote + 1; ; at++) {
      const byte = data[at];
      if (byte === undefined || byte < 0x20 || byte === BACKSLASH) return UNSURE;
      if (byte >= 0x80) isAscii = false;
      if (byte !== QUOTE) continue;
      if (!isAscii) this.#isAscii = false;
      this.#values[field] = isAscii
        ? this.#texts.at(data, quote + 1, at)
        : bufferOf(data).toString('utf8', quote + 1, at);
      return at + 1;
    }
  }

  #number(from: number, field: number): number {
    const end = afterNumber(this.#data, from);
    if (end > 0) this.#values[field] = numberAt(this.#data, from, end);
    return end;
  }
}

/** A property that was seen, with its quotes, and which field it is; -1: none. */
interface Property {
  readonly quoted: Uint8Array;
  readonly field: number;
}

const NOTHING = new Uint8Array();
/** Whoever puts a new name at each place must not fill the memory. */
const PROPERTIES_KEPT = 100;
const OPEN_LIST = 0x5b;
const NULL = 0x6e;
const TRUE = 0x74;
const ZERO = 0x30;
/** So many digits are a whole number that is exact. */
const EXACT_DIGITS = 15;

/** Text in ASCII without escapes, with its quotes. */
function plainTextAt(data: Uint8Array, quote: number): Uint8Array | undefined {
  if (data[quote] !== QUOTE) return undefined;
  for (let at = quote + 1; ; at++) {
    const byte = data[at];
    if (byte === QUOTE) return data.subarray(quote, at + 1);
    if (byte === undefined || byte < 0x20 || byte >= 0x80 || byte === BACKSLASH) return undefined;
  }
}

function numberAt(data: Uint8Array, from: number, end: number): number {
  const isNegative = !isDigit(data[from]);
  let value = 0;
  let at = isNegative ? from + 1 : from;
  if (end - at > EXACT_DIGITS) return Number(bufferOf(data).toString('latin1', from, end));
  for (; at < end; at++) {
    const byte = data[at];
    if (!isDigit(byte)) return Number(bufferOf(data).toString('latin1', from, end));
    value = value * 10 + byte - ZERO;
  }
  return isNegative ? -value : value;
}

const bufferOf = (data: Uint8Array): Buffer =>
  Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
