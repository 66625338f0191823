import { BadRecordError, FormatError } from '../errors.ts';
import { type Codec, numberCodec } from '../schema/codec.ts';

/** What can be told apart and counted. 1 and "1" are two values; 0 and -0 are one. */
export type Scalar = string | number | boolean;

/**
 * @throws BadRecordError for anything else, for numbers that are not finite, and for text with half a
 * character in it: it would come back from storage as another text
 */
export function scalar<V extends Scalar>(value: V, what: string): V {
  if (typeof value === 'string' && !LONE_SURROGATE.test(value)) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return (value === 0 ? 0 : value) as V;
  if (typeof value === 'boolean') return value;
  throw new BadRecordError(`a value ${what} is no text, finite number or boolean`);
}

/** Booleans before numbers before texts; texts by UTF-16 units. */
export function compareScalars(a: Scalar, b: Scalar): number {
  if (typeof a !== typeof b) return typeof a < typeof b ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const FALSE = 0;
const TRUE = 1;
const NUMBER = 2;
const TEXT = 3;

export const scalarCodec: Codec<Scalar> = {
  write(value, to, slot) {
    if (typeof value === 'boolean') to.byte(value ? TRUE : FALSE);
    else if (typeof value === 'number') {
      to.byte(NUMBER);
      numberCodec.write(value, to, slot);
    } else {
      to.byte(TEXT);
      to.text(value);
    }
  },
  read(from, slot) {
    const kind = from.byte();
    if (kind === TEXT) return from.text();
    if (kind === NUMBER) return numberCodec.read(from, slot);
    if (kind === TRUE || kind === FALSE) return kind === TRUE;
    throw new FormatError(`a value of kind ${kind}`);
  },
};

const LONE_SURROGATE = /\p{Surrogate}/u;
