import type { ExactSum } from './exact-sum.ts';

/**
 * An exact sum as a whole number of 2^-1074, the least double above zero, of which every double is a
 * multiple.
 */
export function toUnits(sum: ExactSum): bigint {
  return sum.reduce((units, part) => units + unitsOf(part), 0n);
}

/** So many units, as a power of two, make one. */
export const UNIT_BITS = 1074n;

/**
 * The double nearest to numerator / denominator / 2^bits, or its neighbour where that is subnormal. The
 * denominator is above zero.
 */
export function nearest(numerator: bigint, denominator: bigint, bits: bigint): number {
  if (numerator <= 0n) return numerator === 0n ? 0 : -nearest(-numerator, denominator, bits);
  // Shifted so that the quotient has 60 to 72 bits; what the division leaves becomes one more.
  const shift = BigInt(66 + bitsOf(denominator) - bitsOf(numerator));
  const dividend = shift > 0n ? numerator << shift : numerator;
  const divisor = shift < 0n ? denominator << -shift : denominator;
  const quotient = dividend / divisor;
  const inexact = quotient * divisor === dividend ? 0n : 1n;
  return scaled(Number((quotient << 1n) | inexact), Number(-(bits + shift + 1n)));
}

function unitsOf(value: number): bigint {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return value < 0 ? -magnitude : magnitude;
}

const view = new DataView(new ArrayBuffer(8));

/** Times a power of two that may itself be beyond what doubles hold. */
function scaled(value: number, exponent: number): number {
  let [result, left] = [value, exponent];
  for (; left < -1000; left += 1000) result *= 2 ** -1000;
  for (; left > 1000; left -= 1000) result *= 2 ** 1000;
  return result * 2 ** left;
}

/** Up to three too many. */
const bitsOf = (value: bigint): number => value.toString(16).length * 4;
