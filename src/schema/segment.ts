import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { FormatError } from '../errors.ts';
import { invariant } from '../invariant.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import type { Codec } from './codec.ts';

/**
 * A segment, version 1: one byte of version, one byte of packing, and a body of groups until its
 * end. A group is rows of one slot:
 *
 *   slot (float64, ms) · number of rows · rows
 *   row: key (length, UTF-8) · contribution (the operator's codec)
 *
 * The body is deflated where that makes it shorter.
 */
const VERSION = 1;
const PLAIN = 0;
const DEFLATED = 1;
/** Shorter ones do not get shorter. */
const DEFLATE_FROM = 128;
/** Against a block that would blow up: what is longer is neither packed nor inflated. */
const BODY_MAX = 4 * 1024 * 1024;
/** A row of more bytes has a segment of its own: rows that share one always fit in. */
export const ROW_ALONE = 128 * 1024;

export interface Row<Contribution> {
  readonly key: string;
  readonly contribution: Contribution;
}

/** Packs rows, group by group, into the bytes of one segment. */
export class SegmentWriter<Contribution> {
  readonly #codec: Codec<Contribution>;
  readonly #body = new ByteWriter();
  readonly #group = new ByteWriter();

  constructor(codec: Codec<Contribution>) {
    this.#codec = codec;
  }

  /** Bytes so far, before they are deflated. */
  get size(): number {
    return this.#body.length;
  }

  /**
   * Writes rows of a slot until the segment has more than `sizeMax` bytes: one at least, but none where
   * there is something already and the first is to be alone. Returns how many were written.
   */
  group(
    slot: number,
    rows: readonly Row<Contribution>[],
    sizeMax = Number.POSITIVE_INFINITY,
  ): number {
    const group = this.#group;
    group.truncate(0);
    let written = 0;
    for (const row of rows) {
      const before = group.length;
      if (written > 0 && this.size + before > sizeMax) break;
      group.text(row.key);
      this.#codec.write(row.contribution, group, slot);
      if (group.length - before > ROW_ALONE && this.size + before > 0) {
        group.truncate(before);
        break;
      }
      written++;
    }
    if (written === 0) return 0;
    this.#body.float(slot);
    this.#body.unsigned(written);
    this.#body.raw(group.bytes());
    return written;
  }

  /** It cannot be finished: nobody would read it back. */
  get isTooLong(): boolean {
    return this.size > BODY_MAX;
  }

  /** Begins another segment. */
  clear(): void {
    this.#body.truncate(0);
  }

  /** Deflates where that makes it shorter, and it has so many bytes. */
  finish(deflateFrom = DEFLATE_FROM): Uint8Array {
    const body = this.#body.bytes();
    invariant(!this.isTooLong, `a segment of ${body.length} bytes`);
    if (body.length >= deflateFrom) {
      const deflated = deflateRawSync(body, { level: 6 });
      if (deflated.length < body.length) return framed(DEFLATED, deflated);
    }
    return framed(PLAIN, body);
  }
}

/**
 * Reads a segment back, row by row.
 *
 * @throws FormatError if the bytes are no segment, or one of a version that is not known here
 */
export function readSegment<Contribution>(
  bytes: Uint8Array,
  codec: Codec<Contribution>,
  visit: (slot: number, key: string, contribution: Contribution) => void,
): void {
  const from = new ByteReader(body(bytes));
  while (!from.done) {
    const slot = from.float();
    for (let rows = from.unsigned(); rows > 0; rows--) {
      visit(slot, from.text(), codec.read(from, slot));
    }
  }
}

function framed(packing: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(body.length + 2);
  bytes[0] = VERSION;
  bytes[1] = packing;
  bytes.set(body, 2);
  return bytes;
}

function body(bytes: Uint8Array): Uint8Array {
  const [version, packing] = bytes;
  if (version !== VERSION) {
    throw new FormatError(`a segment of version ${version} was found, ${VERSION} is known`, {
      hint: 'Run the version of tidemark that wrote it, or a later one.',
    });
  }
  const rest = bytes.subarray(2);
  if (packing === PLAIN) return rest;
  if (packing === DEFLATED) return inflated(rest);
  throw new FormatError(`a segment of packing ${packing}`);
}

function inflated(bytes: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: BODY_MAX });
  } catch (cause) {
    throw new FormatError('a segment cannot be inflated', { cause });
  }
}
