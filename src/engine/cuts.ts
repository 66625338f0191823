/** Where a contribution is filed. */
export interface Place {
  readonly slot: number;
  readonly key: string;
}

/** A contribution is cut into parts of about so many bytes, before compression; then into finer ones. */
const FIRST_BYTES = 96 * 1024;
const FINER = 4;

/**
 * Which contributions of an attempt are too large to be stored as one, and how finely they are cut.
 * Found by trying: an attempt is made as if all of them fit, which costs nothing where they do, and
 * made again where one did not. So the cut follows from the records alone.
 */
export class Cuts {
  /** Nothing is cut. */
  static readonly NONE = new Cuts(new Map(), FIRST_BYTES);

  readonly #keys: ReadonlyMap<number, ReadonlySet<string>>;
  /** A part of more bytes takes no more events. */
  readonly partBytes: number;

  private constructor(keys: ReadonlyMap<number, ReadonlySet<string>>, partBytes: number) {
    this.#keys = keys;
    this.partBytes = partBytes;
  }

  get areNone(): boolean {
    return this.#keys.size === 0;
  }

  has(slot: number, key: string): boolean {
    return this.#keys.get(slot)?.has(key) ?? false;
  }

  /** With these places too; all are cut finer if one of them was already. */
  and(places: readonly Place[]): Cuts {
    const keys = new Map([...this.#keys].map(([slot, of]) => [slot, new Set(of)]));
    for (const { slot, key } of places) {
      const of = keys.get(slot);
      if (of) of.add(key);
      else keys.set(slot, new Set([key]));
    }
    const again = places.some(({ slot, key }) => this.has(slot, key));
    return new Cuts(keys, again ? Math.floor(this.partBytes / FINER) : this.partBytes);
  }
}
