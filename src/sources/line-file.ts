import { closeSync, createReadStream, openSync, readSync, type Stats, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { ConfigurationError } from '../errors.ts';

/** Lines that were read together. */
export interface LineBatch {
  /** The number of the first of them; a file begins with line 1. */
  readonly first: number;
  /** Without their newlines. */
  readonly lines: readonly Buffer[];
  /** How much of the file was read so far, bytes as they lie on the disk. */
  readonly bytesRead: number;
}

export interface LineFileOptions {
  /** Longer lines are refused: a file without newlines must not fill the memory. */
  readonly lineBytesMax: number;
  /** What to do about a line that is too long. */
  readonly tooLongHint: string;
}

const NEWLINE = 0x0a;
const GZIP_MAGIC = [0x1f, 0x8b];
const CHUNK_BYTES = 256 * 1024;

/**
 * Looks at a file of lines before it is read.
 *
 * @throws ConfigurationError INPUT_INVALID if it is missing, not a regular file, or no gzip under the name of one
 */
export function checkLineFile(file: string): Stats {
  const stats = statsOf(file);
  if (stats === undefined) throw invalid(`there is no file '${file}'`, 'Check the path.');
  if (stats.isDirectory()) throw invalid(`'${file}' is a folder`, 'Name one file in it.');
  // The file is read more than once, which a pipe does not allow.
  if (!stats.isFile()) throw invalid(`'${file}' is no regular file`, 'Save it to a file first.');
  if (stats.size > 0 && !isGzip(file) && file.endsWith('.gz')) {
    throw invalid(`'${file}' is not gzip`, 'Compress it with gzip, or name it without .gz.');
  }
  return stats;
}

/**
 * The lines of a file as bytes, unpacked where the content is gzip.
 *
 * @throws ConfigurationError INPUT_INVALID with the number of the line at which reading failed
 */
export async function* lineBatches(
  file: string,
  options: LineFileOptions,
): AsyncGenerator<LineBatch> {
  let rest: Buffer = EMPTY;
  let first = 1;
  const raw = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const chunks = bytesOf(raw, file, () => first);
  for await (const chunk of chunks) {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = joined(rest, chunk.subarray(start, end));
      lines.push(checkedLine(line, file, first + lines.length, options));
      rest = EMPTY;
      start = end + 1;
    }
    rest = joined(rest, chunk.subarray(start));
    if (lines.length > 0) yield { first, lines, bytesRead: raw.bytesRead };
    first += lines.length;
    // Checked here too: what is kept for the next chunk may already be too much.
    checkedLine(rest, file, first, options);
  }
  if (rest.length > 0) yield { first, lines: [rest], bytesRead: raw.bytesRead };
}

/** Nothing but space: such lines hold no event. */
export const isBlank = (line: Buffer): boolean => {
  // By index: it is asked of each line, and an iterator costs more than all the rest.
  for (let at = 0; at < line.length; at++) {
    const byte = line[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
};

function statsOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(file, error);
  }
}

const EMPTY = Buffer.alloc(0);

const joined = (head: Buffer, tail: Buffer): Buffer =>
  head.length === 0 ? tail : Buffer.concat([head, tail]);

function checkedLine(
  line: Buffer,
  file: string,
  number: number,
  { lineBytesMax, tooLongHint }: LineFileOptions,
): Buffer {
  if (line.length <= lineBytesMax) return line;
  throw invalid(`line ${number} of '${file}' is longer than ${lineBytesMax} bytes`, tooLongHint);
}

async function* bytesOf(
  raw: ReturnType<typeof createReadStream>,
  file: string,
  line: () => number,
): AsyncGenerator<Buffer> {
  const source = isGzip(file) ? raw.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : raw;
  // A pipe does not pass errors on, and a reader that stops early must not leave the file open.
  raw.once('error', (error) => source.destroy(error));
  try {
    yield* source as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable(file, error, line());
  } finally {
    raw.destroy();
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
  return head[0] === GZIP_MAGIC[0] && head[1] === GZIP_MAGIC[1];
}

function unreadable(file: string, error: unknown, line?: number): ConfigurationError {
  const where = line !== undefined ? ` from line ${line} on` : '';
  return invalid(
    `'${file}' cannot be read${where}: ${error instanceof Error ? error.message : String(error)}`,
    'Check that the file is whole and that you may read it.',
  );
}

const invalid = (message: string, hint: string): ConfigurationError =>
  new ConfigurationError('INPUT_INVALID', message, hint);
