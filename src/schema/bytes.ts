import { FormatError } from '../errors.ts';

/** Appends numbers and text to a buffer that grows. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  /** The same bytes, for text. */
  #text: Buffer;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
    this.#text = Buffer.from(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written so far; valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was written after so many bytes. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** A whole number from 0 to 255. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte, the low ones first (LEB128). */
  unsigned(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A whole number of at most 52 bits with its sign in the lowest bit. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -value * 2 - 1 : value * 2);
  }

  /** Any number, in eight bytes, NaN and -0 included. */
  float(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Bytes as they are; whoever reads them has to know how many. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A text of any length, as UTF-8 with its length before it. */
  text(value: string): void {
    if (value.length <= SHORT && this.#ascii(value)) return;
    const length = Buffer.byteLength(value);
    this.unsigned(length);
    this.#reserve(length);
    this.#text.write(value, this.#length);
    this.#length += length;
  }

  /** Most text has one byte a character. False, and nothing written, if this one has more. */
  #ascii(value: string): boolean {
    const start = this.#length;
    this.unsigned(value.length);
    this.#reserve(value.length);
    let at = this.#length;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) {
        this.#length = start;
        return false;
      }
      this.#bytes[at++] = unit;
    }
    this.#length = at;
    return true;
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.bytes());
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
    this.#text = Buffer.from(grown.buffer);
  }
}

/** Reads what ByteWriter wrote. Throws FormatError where the bytes end too early. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** What `byte` has written. All of them throw FormatError at the end of the bytes. */
  byte(): number {
    return this.#bytes[this.#advance(1)] as number;
  }

  /** What `unsigned` has written. */
  unsigned(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
      if (scale > Number.MAX_SAFE_INTEGER) throw new FormatError('a number is too long');
    }
  }

  /** What `signed` has written. */
  signed(): number {
    const value = this.unsigned();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  /** What `float` has written. */
  float(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** So many bytes: a view, not a copy. */
  raw(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /**
   * As many as a number says that stands before them.
   *
   * @throws FormatError for more of them than there are bytes, before any room is made
   */
  list<T>(read: () => T): T[] {
    const length = this.unsigned();
    const left = this.#bytes.length - this.#at;
    if (length > left) throw new FormatError(`${length} entries wanted in ${left} bytes`);
    const list: T[] = [];
    // Array.from costs more than all that is read.
    for (let n = 0; n < length; n++) list.push(read());
    return list;
  }

  /** What `text` has written. */
  text(): string {
    const length = this.unsigned();
    const start = this.#advance(length);
    return this.#text.toString('utf8', start, start + length);
  }

  /** Where the next read starts, after moving on; the read lies within the bytes. */
  #advance(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) {
      throw new FormatError(`${length} bytes wanted at ${start} of ${this.#bytes.length}`);
    }
    this.#at = start + length;
    return start;
  }
}

/** Up to so many characters, writing them one by one is faster than asking an encoder. */
const SHORT = 64;
