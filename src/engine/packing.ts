import { invariant } from '../invariant.ts';
import type { Operator } from '../operators/operator.ts';
import type { Codec } from '../schema/codec.ts';
import { type Row, SegmentWriter } from '../schema/segment.ts';
import type { Place } from './cuts.ts';

/** The most that one segment may take; an item of a DynamoDB table holds 400 KB. */
export const SEGMENT_MAX = 256 * 1024;
/** A segment is closed above this, before compression: a row that is already begun still fits in. */
const CLOSED_ABOVE = 96 * 1024;
/**
 * Smaller ones also take the rows of the next slots: a write costs the same up to 1 KB, and a read
 * up to 4 KB (DynamoDB developer guide, read and write operations), so a batch that touches many
 * windows with few rows each pays for bytes, not for windows.
 */
const SHARED_BELOW = 4 * 1024;

/** Rows of one bucket that are looked at in one slot; a key may have several. */
export interface Group {
  readonly slot: number;
  readonly rows: readonly Row<unknown>[];
}

export interface Packed {
  readonly lastSlot: number;
  readonly data: Uint8Array;
}

/** Segments, and what is in none of them as it is too large for one. */
export interface Packing {
  readonly segments: readonly Packed[];
  readonly tooLarge: readonly Place[];
}

export interface PackOptions {
  /** They are read soon, on the same machine: all but large ones cost more to deflate than to keep. */
  readonly isShortLived?: boolean;
}

/**
 * Cuts the groups of one bucket, in order of slot, into segments. A segment spans at most
 * `segmentSpanMs`, and is filed under its last slot: firing finds it for as long as any of its rows
 * is due, and no longer.
 */
export function pack(
  { codec, segmentSpanMs }: Pick<Operator, 'codec' | 'segmentSpanMs'>,
  groups: readonly Group[],
  { isShortLived = false }: PackOptions = {},
): Packing {
  const packer = new Packer(codec, segmentSpanMs, isShortLived ? CLOSED_ABOVE : undefined);
  for (const { slot, rows } of groups) packer.add(slot, rows);
  return packer.finish();
}

class Packer {
  readonly #spanMs: number;
  readonly #deflateFrom: number | undefined;
  readonly #segments: Packed[] = [];
  readonly #tooLarge: Place[] = [];
  readonly #writer: SegmentWriter<unknown>;
  /** How many rows there are in it, and the last of them. */
  #rows = 0;
  #lastKey = '';
  #firstSlot = 0;
  #lastSlot = 0;

  constructor(codec: Codec<unknown>, spanMs: number, deflateFrom: number | undefined) {
    this.#spanMs = spanMs;
    this.#deflateFrom = deflateFrom;
    this.#writer = new SegmentWriter(codec);
  }

  add(slot: number, rows: readonly Row<unknown>[]): void {
    for (let from = 0; from < rows.length; ) from += this.#write(slot, rows.slice(from));
  }

  finish(): Packing {
    this.#close();
    return { segments: this.#segments, tooLarge: this.#tooLarge };
  }

  /** Returns how many of the rows it has written: none if the first needs a segment of its own. */
  #write(slot: number, rows: readonly Row<unknown>[]): number {
    const sameSlot = slot === this.#lastSlot;
    const tooFar = slot - this.#firstSlot > this.#spanMs;
    const tooMuch = this.#writer.size > (sameSlot ? CLOSED_ABOVE : SHARED_BELOW);
    if (tooFar || tooMuch) this.#close();
    const isFirst = this.#writer.size === 0;
    const written = this.#writer.group(slot, rows, CLOSED_ABOVE);
    if (written === 0) this.#close();
    else {
      if (isFirst) this.#firstSlot = slot;
      this.#lastSlot = slot;
      this.#lastKey = rows[written - 1]?.key ?? '';
      this.#rows += written;
    }
    return written;
  }

  #close(): void {
    if (this.#writer.size === 0) return;
    const data = this.#writer.isTooLong ? undefined : this.#writer.finish(this.#deflateFrom);
    if (data !== undefined && data.length <= SEGMENT_MAX) {
      this.#segments.push({ lastSlot: this.#lastSlot, data });
    } else {
      invariant(this.#rows === 1, `a segment of ${this.#rows} rows is too large`);
      this.#tooLarge.push({ slot: this.#lastSlot, key: this.#lastKey });
    }
    this.#writer.clear();
    this.#rows = 0;
  }
}

/** A row fits into a segment of its own. */
export function fitsAlone(codec: Codec<unknown>, slot: number, row: Row<unknown>): boolean {
  return pack({ codec, segmentSpanMs: 0 }, [{ slot, rows: [row] }]).tooLarge.length === 0;
}
