import { BadRecordError } from '../errors.ts';
import { bigintCodec } from '../schema/bigint-codec.ts';
import type { Aggregate } from './aggregate.ts';
import { checkFunctionOf } from './checks.ts';

/** units / 10^scale. */
export interface Decimal {
  units: bigint;
  scale: number;
}

/**
 * The sum of a decimal of each event, given as text or as a bigint, to the last digit: "0.10" and
 * "0.2" are "0.30". The result has as many digits after the point as the event that has most.
 *
 * @throws PlanError SETTING_INVALID
 */
export function sumDecimal<In>(of: (event: In) => string | bigint): Aggregate<In, Decimal, string> {
  checkFunctionOf('what sumDecimal() is given', of);
  return {
    name: 'sum-decimal',
    create: () => ({ units: 0n, scale: 0 }),
    add: (sum, event) => plus(sum, parseDecimal(of(event))),
    merge: plus,
    finish: decimalText,
    codec: {
      write(sum, to, slot) {
        to.unsigned(sum.scale);
        bigintCodec.write(sum.units, to, slot);
      },
      read: (from, slot) => ({ scale: from.unsigned(), units: bigintCodec.read(from, slot) }),
    },
  };
}

/** Against a short text that stands for a number of a million digits: what DynamoDB's numbers can be. */
const DIGITS_MAX = 130;

function parseDecimal(text: string | bigint): Decimal {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    (typeof text === 'string' || typeof text === 'bigint' ? DECIMAL.exec(String(text)) : null) ??
    refuse();
  const scale = fraction.length - Number(exponent);
  const digits = whole.length + fraction.length;
  if (digits > 2 * DIGITS_MAX || scale > DIGITS_MAX || digits - scale > DIGITS_MAX) refuse();
  const units = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  return scale < 0 ? { units: units * 10n ** BigInt(-scale), scale: 0 } : { units, scale };
}

/** At least one digit, before or after the point. */
const DECIMAL = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

function plus(sum: Decimal, { units, scale }: Decimal): Decimal {
  if (scale > sum.scale) {
    sum.units *= 10n ** BigInt(scale - sum.scale);
    sum.scale = scale;
  }
  sum.units += units * 10n ** BigInt(sum.scale - scale);
  return sum;
}

function decimalText({ units, scale }: Decimal): string {
  const sign = units < 0n ? '-' : '';
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function refuse(): never {
  throw new BadRecordError(
    `a value to sum is no decimal of at most ${DIGITS_MAX} digits before and after its point`,
  );
}
