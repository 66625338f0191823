/** The most that DynamoDB takes as the sort key of an item, and half of what it takes as partition key. */
const KEY_BYTES_MAX = 1024;

/** The key as text, or `undefined` if it is none: absent, empty, too long, not well-formed, not finite. */
export function toKey(key: unknown): string | undefined {
  const text = typeof key === 'number' && Number.isFinite(key) ? String(key) : key;
  return typeof text === 'string' && isKeyText(text, KEY_BYTES_MAX) ? text : undefined;
}

/**
 * Whether a store takes it as a key: not empty, not longer than it may be, every character whole. Half a
 * one would not survive UTF-8, and two keys could become one.
 */
export function isKeyText(text: string, bytesMax: number): boolean {
  if (text.length === 0 || text.length > bytesMax || !text.isWellFormed()) return false;
  return text.length * 3 <= bytesMax || Buffer.byteLength(text) <= bytesMax;
}

/** What is wrong with a key that is none. */
export const NO_KEY = 'the key is not text of 1 to 1,024 bytes';
