import { FormatError } from '../errors.ts';

/**
 * Reads JSON that the library has stored.
 *
 * @throws FormatError if it is none, without a word of what it says: that may be somebody's data
 */
export function storedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FormatError(`${text.length} characters that were stored as JSON are none`);
  }
}
