import { BadRecordError } from '../errors.ts';
import type { Operator } from '../operators/operator.ts';
import { ByteWriter } from '../schema/bytes.ts';
import { ROW_ALONE } from '../schema/segment.ts';
import type { Cuts, Place } from './cuts.ts';
import { fitsAlone, SEGMENT_MAX } from './packing.ts';

/**
 * A contribution that is too large to be stored as one, in parts that are not. Firing merges them, as it
 * does with those of several attempts. Most events make a contribution longer by what they take alone,
 * so that the sum of those is enough to go by; where it is not, the part is measured.
 */
export class Parts {
  readonly #operator: Operator;
  readonly #place: Place;
  readonly #partBytes: number;
  readonly #scratch = new ByteWriter();
  readonly #parts: unknown[] = [];
  /** Of the last part, at most. */
  #bytes = 0;

  constructor(operator: Operator, place: Place, { partBytes }: Cuts) {
    this.#operator = operator;
    this.#place = place;
    this.#partBytes = partBytes;
  }

  get all(): readonly unknown[] {
    return this.#parts;
  }

  /** What one event alone contributes. @throws BadRecordError if not even that can be stored */
  add(alone: unknown): void {
    const bytes = this.#measured(alone);
    if (bytes > ROW_ALONE) this.#checkAlone(alone, bytes);
    this.#put(alone, bytes);
  }

  absorb({ all }: Parts): void {
    for (const part of all) this.#put(part, this.#measured(part));
  }

  #put(contribution: unknown, bytes: number): void {
    if (this.#hasRoomFor(bytes)) {
      const last = this.#parts.length - 1;
      this.#parts[last] = this.#operator.merge(this.#parts[last], contribution);
      this.#bytes += bytes;
    } else {
      this.#parts.push(contribution);
      this.#bytes = bytes;
    }
  }

  /** Measured again no sooner than it may have grown by half a part: that is, seldom. */
  #hasRoomFor(bytes: number): boolean {
    if (this.#parts.length === 0) return false;
    if (this.#bytes + bytes <= this.#partBytes) return true;
    const measured = this.#measured(this.#parts.at(-1));
    if (measured + bytes > this.#partBytes / 2) return false;
    this.#bytes = measured;
    return true;
  }

  #measured(contribution: unknown): number {
    this.#scratch.truncate(0);
    this.#operator.codec.write(contribution, this.#scratch, this.#place.slot);
    return this.#scratch.length;
  }

  #checkAlone(contribution: unknown, bytes: number): void {
    const { slot, key } = this.#place;
    if (fitsAlone(this.#operator.codec, slot, { key, contribution })) return;
    throw new BadRecordError(
      `its stage has to keep ${bytes} bytes of the event, which do not pack into ${SEGMENT_MAX}`,
    );
  }
}
