import { BadRecordError } from '../errors.ts';
import { bigintCodec } from '../schema/bigint-codec.ts';
import type { Aggregate } from './aggregate.ts';
import { checkFunctionOf } from './checks.ts';

/** units / 10^scale, where the scale is the greatest of those that were added. */
export interface Decimal {
  units: bigint;
  /** How many decimals have 0, 1, 2.. digits after the point; of those with most there is at least one. */
  scales: number[];
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
    create: () => ({ units: 0n, scales: [] }),
    add: (sum, event) => plus(sum, parseDecimal(of(event))),
    merge: plus,
    remove: (sum, event) => minus(sum, parseDecimal(of(event))),
    finish: decimalText,
    codec: {
      write(sum, to, slot) {
        to.unsigned(sum.scales.length);
        for (const count of sum.scales) to.unsigned(count);
        bigintCodec.write(sum.units, to, slot);
      },
      read(from, slot) {
        const scales = from.list(() => from.unsigned());
        return { scales, units: bigintCodec.read(from, slot) };
      },
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
  return scale < 0 ? single(units * 10n ** BigInt(-scale), 0) : single(units, scale);
}

const single = (units: bigint, scale: number): Decimal => ({
  units,
  scales: [...new Array<number>(scale).fill(0), 1],
});

/** At least one digit, before or after the point. */
const DECIMAL = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

const scaleOf = ({ scales }: Decimal): number => Math.max(0, scales.length - 1);

function plus(sum: Decimal, other: Decimal): Decimal {
  const [mine, theirs] = [scaleOf(sum), scaleOf(other)];
  if (theirs > mine) sum.units *= tenTo(theirs - mine);
  sum.units += other.units * tenTo(Math.max(0, mine - theirs));
  for (const [scale, count] of other.scales.entries()) {
    sum.scales[scale] = (sum.scales[scale] ?? 0) + count;
  }
  return sum;
}

/** Of what was added: when nothing with as many digits is left, the last of them are zeros, and go. */
function minus(sum: Decimal, other: Decimal): Decimal {
  const [mine, theirs] = [scaleOf(sum), scaleOf(other)];
  sum.units -= other.units * tenTo(mine - theirs);
  sum.scales[theirs] = (sum.scales[theirs] ?? 0) - 1;
  while (sum.scales.at(-1) === 0) sum.scales.pop();
  sum.units /= tenTo(mine - scaleOf(sum));
  return sum;
}

const tenTo = (digits: number): bigint => 10n ** BigInt(digits);

function decimalText(sum: Decimal): string {
  const { units } = sum;
  const scale = scaleOf(sum);
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
