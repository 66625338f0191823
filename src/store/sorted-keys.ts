import { compareUtf8 } from '../schema/utf8-order.ts';

/** More than so many keys in a row are cut in two. */
const ROW_MAX = 512;

/** Sort keys in the order of their UTF-8 bytes: rows of keys, so that an insertion moves few of them. */
export class SortedKeys {
  readonly #rows: string[][] = [];

  /** Inserts a key that is not there. */
  insert(key: string): void {
    const at = Math.max(0, this.#rowOf(key));
    const row = this.#rows[at];
    if (row === undefined) {
      this.#rows.push([key]);
      return;
    }
    row.splice(firstAtOrAfter(row, key), 0, key);
    if (row.length > ROW_MAX) this.#rows.splice(at + 1, 0, row.splice(ROW_MAX >>> 1));
  }

  /** The keys that are not less than `from`. */
  *from(from: string): Generator<string> {
    for (let at = Math.max(0, this.#rowOf(from)); at < this.#rows.length; at++) {
      const row = this.#rows[at] as string[];
      const first = compareUtf8(row[0] as string, from) >= 0 ? 0 : firstAtOrAfter(row, from);
      for (let i = first; i < row.length; i++) yield row[i] as string;
    }
  }

  /** The last row that does not begin after the key; -1 if all do. */
  #rowOf(key: string): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareUtf8(this.#rows[middle]?.[0] as string, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function firstAtOrAfter(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareUtf8(keys[middle] as string, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
