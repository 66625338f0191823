/** A hash of 64 bits in two halves, each a whole number from 0 to 2^32 - 1. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

/**
 * MurmurHash3_x86_128 of the bytes, its first 64 bits: the same on every machine and in every
 * version, as sketches are stored. (Austin Appleby, public domain,
 * https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp)
 */
export function hash64(bytes: Uint8Array, seed: number): Hash64 {
  const state: Lanes = [seed, seed, seed, seed];
  const whole = bytes.length & ~15;
  for (let at = 0; at < whole; at += 16) mixBlock(state, bytes, at);
  for (let lane = 0; lane < 4; lane++) {
    state[lane as Lane] ^= scrambled(tailWord(bytes, whole + lane * 4), lane as Lane);
  }
  return finished(state, bytes.length);
}

type Lanes = [number, number, number, number];
type Lane = 0 | 1 | 2 | 3;

/** The multiplier and the rotation before a word enters its lane, one pair a lane and its successor. */
const C = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93] as const;
const ROTATE_WORD = [15, 16, 17, 18] as const;
const ROTATE_LANE = [19, 17, 15, 13] as const;
const ADD = [0x561ccd1b, 0x0bcaa747, 0x96cd1c35, 0x32ac3b17] as const;

function mixBlock(state: Lanes, bytes: Uint8Array, at: number): void {
  for (let lane = 0; lane < 4; lane++) {
    const here = lane as Lane;
    const next = ((lane + 1) % 4) as Lane;
    const mixed = state[here] ^ scrambled(tailWord(bytes, at + lane * 4), here);
    const turned = (rotated(mixed, ROTATE_LANE[here]) + state[next]) | 0;
    state[here] = (Math.imul(turned, 5) + ADD[here]) | 0;
  }
}

function scrambled(word: number, lane: Lane): number {
  const next = ((lane + 1) % 4) as Lane;
  return Math.imul(rotated(Math.imul(word, C[lane]), ROTATE_WORD[lane]), C[next]);
}

/** Four bytes, least first; those beyond the end are 0. */
const tailWord = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) |
  ((bytes[at + 1] ?? 0) << 8) |
  ((bytes[at + 2] ?? 0) << 16) |
  ((bytes[at + 3] ?? 0) << 24);

function finished(state: Lanes, length: number): Hash64 {
  const mixed = state.map((lane) => lane ^ length) as Lanes;
  const spread = together(mixed).map(avalanched) as Lanes;
  const [first, second] = together(spread);
  return { high: first >>> 0, low: second >>> 0 };
}

/** The first lane takes all others in, and then they take it. */
function together([a, b, c, d]: Lanes): Lanes {
  const all = (a + b + c + d) | 0;
  return [all, (b + all) | 0, (c + all) | 0, (d + all) | 0];
}

function avalanched(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

const rotated = (value: number, by: number): number => (value << by) | (value >>> (32 - by));
