import type { Hash64 } from './hash64.ts';

/**
 * Which hashes were seen, in little space: a few of them one by one, many of them as registers. What
 * it holds follows from the set of hashes alone, not from the order or the grouping in which they
 * came. (P. Flajolet et al., "HyperLogLog", 2007; sparse as in S. Heule et al., "HyperLogLog in
 * Practice", 2013.)
 */
export interface HyperLogLog {
  /** The upper half of each hash, with the greatest rank of the lower halves that came with it. */
  sparse: Map<number, number>;
  /** One byte a register, when there are too many to keep them one by one. */
  registers: Uint8Array | undefined;
}

export const emptyHyperLogLog = (): HyperLogLog => ({ sparse: new Map(), registers: undefined });

/** So many hashes are kept one by one: they take no more room than the registers do. */
const sparseMax = (precision: number): number => 2 ** precision / 8;

export function addHash(sketch: HyperLogLog, { high, low }: Hash64, precision: number): void {
  put(sketch, high, Math.clz32(low) + 1, precision);
}

export function mergeSketches(
  sketch: HyperLogLog,
  other: HyperLogLog,
  precision: number,
): HyperLogLog {
  for (const [high, rank] of other.sparse) put(sketch, high, rank, precision);
  if (other.registers === undefined) return sketch;
  const registers = toRegisters(sketch, precision);
  for (const [i, rank] of other.registers.entries()) raise(registers, i, rank);
  return sketch;
}

/**
 * How many different hashes there were. While they are kept one by one it is their number; then the
 * estimator of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017,
 * section 4, which needs no tables against bias. Standard error 1.04 / sqrt(2^precision).
 */
export function estimate({ sparse, registers }: HyperLogLog, precision: number): number {
  if (registers === undefined) return sparse.size;
  const size = registers.length;
  const most = 64 - precision;
  const having = new Array<number>(most + 2).fill(0);
  for (const rank of registers) having[rank] = at(having, rank) + 1;
  let z = size * tau(1 - at(having, most + 1) / size);
  for (let rank = most; rank >= 1; rank--) z = 0.5 * (z + at(having, rank));
  z += size * sigma(at(having, 0) / size);
  return Math.round((size * size) / (2 * Math.LN2 * z));
}

function put(sketch: HyperLogLog, high: number, rank: number, precision: number): void {
  const { sparse, registers } = sketch;
  if (registers !== undefined) {
    putDense(registers, high, rank, precision);
    return;
  }
  if ((sparse.get(high) ?? 0) < rank) sparse.set(high, rank);
  if (sparse.size > sparseMax(precision)) toRegisters(sketch, precision);
}

/** The first bits of a hash name its register; where the first one stands in the rest is the rank. */
function putDense(registers: Uint8Array, high: number, rank: number, precision: number): void {
  const rest = (high << precision) >>> 0;
  const whole = rest === 0 ? 32 - precision + rank : Math.clz32(rest) + 1;
  raise(registers, high >>> (32 - precision), whole);
}

function raise(registers: Uint8Array, i: number, rank: number): void {
  if ((registers[i] ?? 0) < rank) registers[i] = rank;
}

function toRegisters(sketch: HyperLogLog, precision: number): Uint8Array {
  if (sketch.registers !== undefined) return sketch.registers;
  const registers = new Uint8Array(2 ** precision);
  for (const [high, rank] of sketch.sparse) putDense(registers, high, rank, precision);
  sketch.sparse = new Map();
  sketch.registers = registers;
  return registers;
}

/** x + sum of x^(2^k) * 2^(k-1), k from 1. */
function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  let [power, weight, sum] = [x, 1, x];
  for (let before = -1; before !== sum; weight *= 2) {
    before = sum;
    power *= power;
    sum += power * weight;
  }
  return sum;
}

/** (1 - x - sum of (1 - x^(2^-k))^2 * 2^-k, k from 1) / 3. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let [root, weight, sum] = [x, 1, 1 - x];
  for (let before = -1; before !== sum; ) {
    before = sum;
    root = Math.sqrt(root);
    weight /= 2;
    sum -= (1 - root) ** 2 * weight;
  }
  return sum / 3;
}

const at = (list: readonly number[], i: number): number => list[i] ?? 0;
