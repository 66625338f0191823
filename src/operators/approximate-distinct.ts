import type { Aggregate } from './aggregate.ts';
import { checkFunctionOf, checkWhole } from './checks.ts';
import { type Hash64, hash64 } from './hash64.ts';
import {
  addHash,
  emptyHyperLogLog,
  estimate,
  type HyperLogLog,
  mergeSketches,
} from './hyper-log-log.ts';
import { hyperLogLogCodec } from './hyper-log-log-codec.ts';
import { type Scalar, scalar } from './scalar.ts';

/** How exact an approximate count is. */
export interface ApproximateDistinctOptions {
  /**
   * 4 to 16, default 12: a sketch takes about 2^precision / 2 bytes, and the standard error is
   * 1.04 / sqrt(2^precision). With 12 those are 2 KB and 1.6 %.
   */
  readonly precision?: number;
}

const DEFAULT_PRECISION = 12;

/**
 * About how many different values there are, in bounded space (HyperLogLog). Up to 2^precision / 8 of
 * them it is exact, but for two values in 2^32 that look alike.
 *
 * @throws PlanError SETTING_INVALID
 */
export function approximateDistinct<In>(
  of: (event: In) => Scalar,
  { precision = DEFAULT_PRECISION }: ApproximateDistinctOptions = {},
): Aggregate<In, HyperLogLog, number> {
  checkFunctionOf('what approximateDistinct() is given', of);
  checkWhole('the precision of approximateDistinct()', precision, 4, 16);
  const suffix = precision === DEFAULT_PRECISION ? '' : `-p${precision}`;
  return {
    name: `approximate-distinct${suffix}`,
    create: emptyHyperLogLog,
    add(sketch, event) {
      addHash(sketch, hashOf(scalar(of(event), 'to tell apart')), precision);
      return sketch;
    },
    merge: (sketch, other) => mergeSketches(sketch, other, precision),
    finish: (sketch) => estimate(sketch, precision),
    codec: hyperLogLogCodec(precision),
  };
}

const encoder = new TextEncoder();

/** A seed for each type, so that 1, "1" and true are three values. */
function hashOf(value: Scalar): Hash64 {
  if (typeof value === 'string') return hash64(encoder.encode(value), 0);
  if (typeof value === 'boolean') return hash64(Uint8Array.of(value ? 1 : 0), 2);
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, value, true);
  return hash64(new Uint8Array(bytes.buffer), 1);
}
