/** Longer ones, such as instants with all their digits, hardly come twice. */
const LENGTH_MAX = 20;
/** A power of two. */
const KEPT = 4_096;

/**
 * Texts in ASCII, each made once for as long as it keeps coming: names of actions, pages, users. One that is
 * at hand costs no call, and whoever looks it up finds its hash already computed.
 */
export class ShortTexts {
  readonly #kept: (string | undefined)[] = Array.from({ length: KEPT });

  at(data: Uint8Array, from: number, to: number): string {
    if (to - from > LENGTH_MAX) return textAt(data, from, to);
    let hash = to - from;
    for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + (data[at] as number)) | 0;
    const place = (hash ^ (hash >>> 15)) & (KEPT - 1);
    const kept = this.#kept[place];
    if (kept !== undefined && isAt(kept, data, from, to)) return kept;
    const text = textAt(data, from, to);
    this.#kept[place] = text;
    return text;
  }
}

function isAt(text: string, data: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let n = 0; n < text.length; n++) if (text.charCodeAt(n) !== data[from + n]) return false;
  return true;
}

const textAt = (data: Uint8Array, from: number, to: number): string =>
  Buffer.from(data.buffer, data.byteOffset + from, to - from).toString('latin1');
