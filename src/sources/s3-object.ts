import { Readable } from 'node:stream';
import type { Backoff } from '../backoff.ts';
import { ConfigurationError, UnavailableError } from '../errors.ts';
import { remoteCall } from '../remote-call.ts';
import {
  beginsAsGzip,
  type LineBatch,
  type LineOptions,
  notGzip,
  splitLines,
} from './line-batches.ts';
import { changed, explainedS3, s3Name } from './s3-refused.ts';

/** What is needed of a client to read an object. */
export interface ObjectGetter {
  /** The bytes of an object, or of a range of it, as a stream of Node.js. */
  getObject(input: {
    Bucket: string;
    Key: string;
    IfMatch: string;
    Range?: string;
  }): Promise<{ Body?: unknown; ContentRange?: string | undefined }>;
}

/** An object as it was when somebody looked. */
export interface S3Object {
  readonly bucket: string;
  readonly key: string;
  /** Of its content. */
  readonly etag: string;
  readonly bytes: number;
}

/** How an object is read. */
export interface ObjectReading {
  readonly client: ObjectGetter;
  /** For a stream that breaks. */
  readonly backoff: Backoff;
}

/** The lines of an object as bytes, unpacked where the content is gzip, by what a file is held to. */
export async function* objectLines(
  object: S3Object,
  reading: ObjectReading,
  options: LineOptions,
): AsyncGenerator<LineBatch> {
  let bytesRead = 0;
  const chunks = objectBytes(object, reading, (bytes) => {
    bytesRead += bytes;
  });
  const { head, whole } = await peeked(chunks);
  const name = s3Name(object);
  const isGzip = beginsAsGzip(head);
  if (object.bytes > 0 && !isGzip && object.key.endsWith('.gz')) {
    await chunks.return(undefined);
    throw notGzip(name);
  }
  const raw = Readable.from(whole, { objectMode: false });
  yield* splitLines({ name, raw, isGzip, bytesRead: () => bytesRead }, options);
}

/**
 * The bytes of an object from the first to the last. A stream that breaks is gone on with where it broke, as long
 * as there is some progress in `backoff.triesMax` tries; each answer is of the same content.
 */
async function* objectBytes(
  object: S3Object,
  reading: ObjectReading,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer, void> {
  const { backoff } = reading;
  let reached = 0;
  for (let inVain = 0; reached < object.bytes; inVain++) {
    if (inVain > 0) await backoff.pause(inVain - 1, undefined);
    const body = await bodyFrom(object, reading, reached);
    let cause: unknown;
    const chunks = untilBroken(body, (error) => {
      cause = error;
    });
    for await (const chunk of chunks) {
      reached += chunk.length;
      if (reached > object.bytes) throw changed(s3Name(object));
      onRead(chunk.length);
      inVain = 0;
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    }
    if (isMismatch(cause)) throw corrupt(s3Name(object), cause);
    if (reached === object.bytes) return;
    if (inVain + 1 >= backoff.triesMax) throw broken(object, reached, cause);
  }
}

/** By itself, because a reader that stops early throws into whoever yields to it: that is no broken stream. */
async function* untilBroken(
  body: AsyncIterable<Uint8Array>,
  onBroken: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    onBroken(error);
  }
}

async function bodyFrom(
  { bucket, key, etag, ...object }: S3Object,
  { client }: ObjectReading,
  from: number,
): Promise<AsyncIterable<Uint8Array>> {
  const input = { Bucket: bucket, Key: key, IfMatch: etag };
  const Range = `bytes=${from}-`;
  const { Body, ContentRange } = await s3Call({ bucket, key }, () =>
    client.getObject(from === 0 ? input : { ...input, Range }),
  );
  if (from > 0 && !ContentRange?.startsWith(`bytes ${from}-`)) {
    throw rangeless(s3Name({ bucket, key }), object.bytes - from);
  }
  return (Body ?? []) as AsyncIterable<Uint8Array>;
}

/** Asks S3 for something. Throws UnavailableError for what may pass, ConfigurationError for what will not. */
export async function s3Call<T>(
  place: { readonly bucket: string; readonly key?: string },
  send: () => Promise<T>,
): Promise<T> {
  try {
    return await remoteCall({ service: 's3', hint: LATER, signal: undefined }, send);
  } catch (error) {
    throw explainedS3(error, place);
  }
}

const LATER = 'Run the same again later: it goes on from here.';

/** The first bytes, as far as there are any, and all of them with these. */
async function peeked(
  chunks: AsyncGenerator<Buffer, void>,
): Promise<{ head: Buffer; whole: AsyncGenerator<Buffer> }> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 2) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  async function* whole(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    yield* chunks;
  }
  return { head, whole: whole() };
}

/** The client has compared the checksum that S3 has with that of what came. The error has no name of its own. */
const isMismatch = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('Checksum mismatch');

/** Some of it may be in results already, so that nothing goes on from here. */
const corrupt = (name: string, cause: unknown): UnavailableError =>
  new UnavailableError(`what came of '${name}' is not what is stored: its checksum differs`, {
    hint: 'Run it again, anew: --fresh (start: "fresh").',
    cause,
  });

const broken = (object: S3Object, reached: number, cause: unknown): UnavailableError =>
  new UnavailableError(
    `reading '${s3Name(object)}' broke off after ${reached} of ${object.bytes} bytes: ${cause instanceof Error ? cause.message : 'nothing more came'}`,
    { hint: LATER, cause },
  );

const rangeless = (name: string, left: number): ConfigurationError =>
  new ConfigurationError(
    'INPUT_INVALID',
    `reading '${name}' broke off, and the service does not send the last ${left} bytes alone`,
    'Use a service that answers to Range, or fetch the object to a file.',
  );
