import { FormatError } from '../errors.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';

/** How a value is written into stored bytes and read back. */
export interface Codec<T> {
  /** `slot` is known to whoever reads: times near to it can be written short. */
  write(value: T, to: ByteWriter, slot: number): void;
  /** Reads what `write` wrote, and no byte more. Throws FormatError for anything else. */
  read(from: ByteReader, slot: number): T;
}

/** Whole numbers from 0 to 2^53 - 1, one byte for the small ones. */
export const countCodec: Codec<number> = {
  write: (value, to) => to.unsigned(value),
  read: (from) => from.unsigned(),
};

/** What any number takes at most. */
export const NUMBER_BYTES_MAX = 9;
/** What any text takes at most, its length included. */
export const textBytesMax = (text: string): number => 3 * text.length + NUMBER_BYTES_MAX;

const WHOLE = 0;
const FLOAT = 1;
/** Whole numbers up to here keep their sign bit within 53 bits. */
const WHOLE_MAX = 2 ** 51;

/** Any number: short for whole ones, eight bytes for the rest; -0, NaN and infinities survive. */
export const numberCodec: Codec<number> = {
  write(value, to) {
    if (Number.isInteger(value) && Math.abs(value) <= WHOLE_MAX && !Object.is(value, -0)) {
      to.byte(WHOLE);
      to.signed(value);
    } else {
      to.byte(FLOAT);
      to.float(value);
    }
  },
  read(from) {
    const kind = from.byte();
    if (kind === WHOLE) return from.signed();
    if (kind === FLOAT) return from.float();
    throw new FormatError(`a number of kind ${kind}`);
  },
};
