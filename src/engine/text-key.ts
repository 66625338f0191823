/** Whether a store takes it as a key: not empty, not longer than it may be, every character whole. */
export function isKeyText(text: string, bytesMax: number): boolean {
  if (text.length === 0 || text.length > bytesMax || LONE_SURROGATE.test(text)) return false;
  return text.length * 3 <= bytesMax || Buffer.byteLength(text) <= bytesMax;
}

/** Half a character: it would not survive UTF-8, and two keys could become one. */
const LONE_SURROGATE = /\p{Surrogate}/u;
