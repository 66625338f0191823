import { closeSync, createReadStream, openSync, readSync, type Stats, statSync } from 'node:fs';
import {
  beginsAsGzip,
  CHUNK_BYTES,
  invalidInput,
  type LineBatch,
  type LineOptions,
  notGzip,
  splitLines,
  unreadable,
} from './line-batches.ts';

/**
 * Looks at a file of lines before it is read.
 *
 * @throws ConfigurationError INPUT_INVALID if it is missing, not a regular file, or no gzip under the name of one
 */
export function checkLineFile(file: string): Stats {
  const stats = statsOf(file);
  if (stats === undefined) throw invalidInput(`there is no file '${file}'`, 'Check the path.');
  if (stats.isDirectory()) throw invalidInput(`'${file}' is a folder`, 'Name one file in it.');
  // The file is read more than once, which a pipe does not allow.
  if (!stats.isFile())
    throw invalidInput(`'${file}' is no regular file`, 'Save it to a file first.');
  if (stats.size > 0 && !isGzip(file) && file.endsWith('.gz')) throw notGzip(file);
  return stats;
}

/**
 * The lines of a file as bytes, unpacked where the content is gzip.
 *
 * @throws ConfigurationError INPUT_INVALID with the number of the line at which reading failed
 */
export async function* lineBatches(file: string, options: LineOptions): AsyncGenerator<LineBatch> {
  const packed = isGzip(file);
  const raw = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const bytesRead = () => raw.bytesRead;
  yield* splitLines({ name: file, raw, isGzip: packed, bytesRead }, options);
}

function statsOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(file, error);
  }
}

function isGzip(file: string): boolean {
  const head = Buffer.alloc(2);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    readSync(descriptor, head);
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
  return beginsAsGzip(head);
}
