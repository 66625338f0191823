/**
 * What tells the copies of one record from another record. A producer sends its records in chunks, each
 * one complete before the next begins, and whatever it sends again bears the same envelope.
 */
export interface Envelope {
  /** Who sends: 1 to 120 characters, as no other producer of the stream has them. */
  readonly producer: string;
  /** 1 to 40 visible ASCII characters; a later chunk is greater as text. */
  readonly chunk: string;
  /** Its own within the chunk: 0 to CHUNK_MAX - 1. */
  readonly index: number;
  /** How long after its first copy another one may still arrive, ms. Left out: at any time. */
  readonly withinMs?: number;
}

/** So many records a chunk has at most: as many as one PutRecords takes. */
export const CHUNK_MAX = 500;

/** A record that bears an envelope: JSON, with the event as its last member. */
export const sealed = (envelope: Envelope, event: string): string =>
  `${HEAD}${JSON.stringify(envelope).slice(1, -1)}${MARK}${event}}`;

/** A record with its envelope taken off. */
export interface Opened {
  readonly envelope: Envelope;
  /** JSON text of the event: a view of the record. */
  readonly event: Uint8Array;
}

/**
 * Takes the envelope off a record; `undefined` if it has none as `sealed` writes it. Only the head of the
 * record is looked at: the event is decoded once, by whoever wants it.
 */
export function opened(data: Uint8Array): Opened | undefined {
  if (!beginsSealed(data)) return undefined;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const mark = bytes.subarray(0, HEAD_MAX).indexOf(MARK);
  if (mark < 0 || data[data.length - 1] !== CLOSING) return undefined;
  const envelope = parsed(bytes.toString('utf8', HEAD.length - 1, mark + 1));
  if (envelope === undefined) return undefined;
  return { envelope, event: data.subarray(mark + MARK.length, data.length - 1) };
}

const HEAD = '{"tidemark":{';
/** No text of the head can contain it: its quotes would be escaped. */
const MARK = '},"event":';
const HEAD_BYTES = Buffer.from(HEAD);
const HEAD_MAX = 1_024;
const CLOSING = '}'.charCodeAt(0);

function beginsSealed(data: Uint8Array): boolean {
  if (data.length < HEAD_BYTES.length) return false;
  for (let at = 0; at < HEAD_BYTES.length; at++) if (data[at] !== HEAD_BYTES[at]) return false;
  return true;
}

function parsed(head: string): Envelope | undefined {
  try {
    const envelope = JSON.parse(head) as Envelope;
    return isEnvelope(envelope) ? envelope : undefined;
  } catch {
    return undefined;
  }
}

/** Anybody may put records into a stream: what is remembered of them has to be small. */
const isEnvelope = ({ producer, chunk, index, withinMs = 0 }: Partial<Envelope>): boolean =>
  typeof producer === 'string' &&
  /^.{1,120}$/s.test(producer) &&
  // Half a character is another one once it was stored.
  producer.isWellFormed() &&
  typeof chunk === 'string' &&
  /^[\x21-\x7e]{1,40}$/.test(chunk) &&
  isWhole(index, CHUNK_MAX - 1) &&
  isWhole(withinMs, Number.MAX_SAFE_INTEGER);

const isWhole = (value: unknown, most: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
