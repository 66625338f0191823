import { FormatError } from '../errors.ts';
import type { Codec } from './codec.ts';

/** Far above what anything here writes: against bytes that are no number. */
const BYTES_MAX = 4096;

/** A whole number of any size: seven bits a byte, the low ones first, its sign in the lowest bit. */
export const bigintCodec: Codec<bigint> = {
  write(value, to) {
    let rest = value < 0n ? -value * 2n - 1n : value * 2n;
    for (; rest >= 0x80n; rest >>= 7n) to.byte(Number(rest & 0x7fn) | 0x80);
    to.byte(Number(rest));
  },
  read(from) {
    let value = 0n;
    for (let i = 0; i < BYTES_MAX; i++) {
      const byte = from.byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return value & 1n ? -(value + 1n) / 2n : value / 2n;
    }
    throw new FormatError('a whole number is too long');
  },
};
