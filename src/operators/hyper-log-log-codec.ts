import { FormatError } from '../errors.ts';
import type { ByteReader, ByteWriter } from '../schema/bytes.ts';
import type { Codec } from '../schema/codec.ts';
import { emptyHyperLogLog, type HyperLogLog } from './hyper-log-log.ts';

/**
 * Sparse: how many, and each upper half as what it is above the one before, its rank in the low 6 bits.
 * Dense: the least register, half a byte for what each is above it, and the few that are 15 or more
 * above it in full.
 */
export const hyperLogLogCodec = (precision: number): Codec<HyperLogLog> => ({
  write(sketch, to) {
    to.byte(sketch.registers === undefined ? SPARSE : DENSE);
    if (sketch.registers === undefined) writeSparse(sketch.sparse, to);
    else writeDense(sketch.registers, to);
  },
  read(from) {
    const kind = from.byte();
    if (kind === SPARSE) return { ...emptyHyperLogLog(), sparse: readSparse(from) };
    if (kind === DENSE) return { ...emptyHyperLogLog(), registers: readDense(from, precision) };
    throw new FormatError(`a sketch of kind ${kind}`);
  },
});

const SPARSE = 0;
const DENSE = 1;
const RANKS = 64;
/** What half a byte cannot say. */
const ABOVE = 15;

function writeSparse(sparse: HyperLogLog['sparse'], to: ByteWriter): void {
  to.unsigned(sparse.size);
  let before = 0;
  for (const [high, rank] of [...sparse].sort(([a], [b]) => a - b)) {
    to.unsigned((high - before) * RANKS + rank);
    before = high;
  }
}

function readSparse(from: ByteReader): Map<number, number> {
  const sparse = new Map<number, number>();
  let high = 0;
  for (let left = from.unsigned(); left > 0; left--) {
    const both = from.unsigned();
    high += Math.floor(both / RANKS);
    sparse.set(high, both % RANKS);
  }
  return sparse;
}

function writeDense(registers: Uint8Array, to: ByteWriter): void {
  const least = registers.reduce((a, b) => Math.min(a, b));
  const half = (i: number): number => Math.min((registers[i] ?? 0) - least, ABOVE);
  to.byte(least);
  for (let i = 0; i < registers.length; i += 2) to.byte(half(i) * 16 + half(i + 1));
  for (const rank of registers) if (rank - least >= ABOVE) to.byte(rank);
}

function readDense(from: ByteReader, precision: number): Uint8Array {
  const registers = new Uint8Array(2 ** precision);
  const least = from.byte();
  for (let i = 0; i < registers.length; i += 2) {
    const both = from.byte();
    registers[i] = least + (both >> 4);
    registers[i + 1] = least + (both % 16);
  }
  for (const [i, rank] of registers.entries()) {
    if (rank === least + ABOVE) registers[i] = from.byte();
  }
  return registers;
}
