import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ConfigurationError, TidemarkError } from '../errors.ts';

/** Lines that were read together. */
export interface LineBatch {
  /** The number of the first of them; an input begins with line 1. */
  readonly first: number;
  /** How many there are. */
  readonly count: number;
  /**
   * The n-th of them, from 0 on, without its newline. It is made when it is asked for: so many at once would
   * outlive their turn.
   */
  line(n: number): Buffer;
  /** How much memory all of them take. */
  readonly bytes: number;
  /** How much of the input was read so far, bytes as they are stored. */
  readonly bytesRead: number;
}

/** How long a line may be. */
export interface LineOptions {
  /** Longer lines are refused: an input without newlines must not fill the memory. */
  readonly lineBytesMax: number;
  /** What to do about a line that is too long. */
  readonly tooLongHint: string;
}

/** Bytes that come one after the other, and whose they are. */
export interface ByteInput {
  /** For people. */
  readonly name: string;
  /** As they are stored: plain or gzip. */
  readonly raw: Readable;
  readonly isGzip: boolean;
  /** How much of it was read so far. */
  bytesRead(): number;
}

const NEWLINE = 0x0a;
const GZIP_MAGIC = [0x1f, 0x8b];
/** What is read, or unpacked, at once. */
export const CHUNK_BYTES = 256 * 1024;

/** Whether bytes that begin so are packed, whatever they are called. */
export const beginsAsGzip = (head: Uint8Array): boolean =>
  head[0] === GZIP_MAGIC[0] && head[1] === GZIP_MAGIC[1];

/**
 * The lines of an input as bytes, unpacked where the content is gzip.
 *
 * @throws ConfigurationError INPUT_INVALID with the number of the line at which reading failed
 */
export async function* splitLines(
  input: ByteInput,
  options: LineOptions,
): AsyncGenerator<LineBatch> {
  let first = 1;
  const rest = new Rest();
  const checked = (bytes: number, number: number): void => {
    if (bytes > options.lineBytesMax) throw tooLong(input.name, number, options);
  };
  for await (const chunk of unpacked(input, () => first)) {
    const ends: number[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      checked(rest.bytes + end - start, first + ends.length);
      ends.push(end);
      start = end + 1;
    }
    if (ends.length > 0) {
      // It may have begun in an earlier chunk.
      const head = rest.endedBy(chunk.subarray(0, ends[0]));
      yield {
        first,
        count: ends.length,
        line: (n) =>
          n === 0 ? head : chunk.subarray((ends[n - 1] as number) + 1, ends[n] as number),
        bytes: head.length + chunk.length,
        bytesRead: input.bytesRead(),
      };
    }
    rest.add(chunk.subarray(start));
    first += ends.length;
    // Checked here too: what is kept for the next chunk may already be too much.
    checked(rest.bytes, first);
  }
  if (rest.bytes === 0) return;
  const last = rest.endedBy(NOTHING);
  const bytesRead = input.bytesRead();
  yield { first, count: 1, line: () => last, bytes: last.length, bytesRead };
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

const NOTHING = Buffer.alloc(0);

/** The beginning of a line that goes on in the next chunk: in pieces, so that each byte is copied once. */
class Rest {
  #pieces: Buffer[] = [];
  bytes = 0;

  add(piece: Buffer): void {
    if (piece.length > 0) this.#pieces.push(piece);
    this.bytes += piece.length;
  }

  /** The whole line. */
  endedBy(tail: Buffer): Buffer {
    if (this.bytes === 0) return tail;
    const line = Buffer.concat([...this.#pieces, tail]);
    this.#pieces = [];
    this.bytes = 0;
    return line;
  }
}

async function* unpacked(
  { name, raw, isGzip }: ByteInput,
  line: () => number,
): AsyncGenerator<Buffer> {
  const source = isGzip ? raw.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : raw;
  // A pipe does not pass errors on, and a reader that stops early must not leave the input open.
  raw.once('error', (error) => source.destroy(error));
  try {
    yield* source as AsyncIterable<Buffer>;
  } catch (error) {
    throw error instanceof TidemarkError ? error : unreadable(name, error, line());
  } finally {
    raw.destroy();
  }
}

/** What says of an input why it cannot be read, and from which line on. */
export function unreadable(name: string, error: unknown, line?: number): ConfigurationError {
  const where = line !== undefined ? ` from line ${line} on` : '';
  return invalidInput(
    `'${name}' cannot be read${where}: ${error instanceof Error ? error.message : String(error)}`,
    'Check that it is whole and that you may read it.',
  );
}

/** What says of an input that is called as gzip that it is none. */
export const notGzip = (name: string): ConfigurationError =>
  invalidInput(`'${name}' is not gzip`, 'Compress it with gzip, or name it without .gz.');

export const invalidInput = (message: string, hint: string): ConfigurationError =>
  new ConfigurationError('INPUT_INVALID', message, hint);

const tooLong = (
  name: string,
  number: number,
  { lineBytesMax, tooLongHint }: LineOptions,
): ConfigurationError =>
  invalidInput(`line ${number} of '${name}' is longer than ${lineBytesMax} bytes`, tooLongHint);
