import { closeSync, createReadStream, openSync, readSync, type Stats, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { ConfigurationError } from '../../errors.ts';

/** What a Kinesis record (1 MiB) holds beside its partition key (256 characters of up to 4 bytes). */
const LINE_BYTES_MAX = 1_048_576 - 1_024;

const NEWLINE = 0x0a;
const GZIP_MAGIC = [0x1f, 0x8b];

/** Throws a ConfigurationError that says what is wrong with the file, if it cannot be played. */
export function checkInputFile(file: string): void {
  const stats = statsOf(file);
  if (stats === undefined) throw invalid(`there is no file '${file}'`, 'Check the path.');
  if (stats.isDirectory()) throw invalid(`'${file}' is a folder`, 'Name one file in it.');
  // The file is read more than once, which a pipe does not allow.
  if (!stats.isFile()) throw invalid(`'${file}' is no regular file`, 'Save it to a file first.');
  if (stats.size === 0) throw invalid(`'${file}' is empty`, 'It needs one JSON object a line.');
  if (!isGzip(file) && file.endsWith('.gz')) {
    throw invalid(`'${file}' is not gzip`, 'Compress it with gzip, or name it without .gz.');
  }
}

function statsOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** The lines of a file as bytes, without their newlines, unpacked where the content is gzip. */
export async function* lines(file: string): AsyncGenerator<Buffer> {
  checkInputFile(file);
  yield* splitLines(bytesOf(file), file);
}

async function* splitLines(chunks: AsyncIterable<Buffer>, file: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 1;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      yield checkedLine(joined(rest, chunk.subarray(start, end)), file, number);
      rest = Buffer.alloc(0);
      start = end + 1;
      number += 1;
    }
    // Checked here too: a file without newlines must not fill the memory.
    rest = checkedLine(joined(rest, chunk.subarray(start)), file, number);
  }
  if (rest.length > 0) yield rest;
}

const joined = (head: Buffer, tail: Buffer): Buffer =>
  head.length === 0 ? tail : Buffer.concat([head, tail]);

function checkedLine(line: Buffer, file: string, number: number): Buffer {
  if (line.length <= LINE_BYTES_MAX) return line;
  throw invalid(
    `line ${number} of '${file}' is longer than ${LINE_BYTES_MAX} bytes`,
    'A Kinesis record cannot hold it; split the line or leave it out.',
  );
}

async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  const raw = createReadStream(file);
  const source = isGzip(file) ? raw.pipe(createGunzip()) : raw;
  // A pipe does not pass errors on, and a reader that stops early must not leave the file open.
  raw.once('error', (error) => source.destroy(error));
  try {
    yield* source as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable(file, error);
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

const unreadable = (file: string, error: unknown) =>
  invalid(
    `'${file}' cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    'Check that the file is whole and that you may read it.',
  );

const invalid = (message: string, hint: string) =>
  new ConfigurationError('INPUT_INVALID', message, hint);
