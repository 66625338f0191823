import { createHash, randomUUID } from 'node:crypto';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { type BackoffOptions, fullJitter } from '../backoff.ts';
import { BadRecordError, ConfigurationError, LimitError } from '../errors.ts';
import { checkedConcurrency } from '../parallel.ts';
import { sealed } from '../schema/envelope.ts';
import { ProducerLane, type Waiting } from './producer-lane.ts';
import { isPartitionKey, RECORD_BYTES_MAX } from './put-records.ts';

/** Where events go, and how many wait and travel at a time. */
export interface ProducerOptions {
  readonly client: KinesisClient;
  readonly streamName: string;
  /** How many requests are under way at once, each with keys of its own. Default 4. */
  readonly concurrency?: number;
  /** How long an event waits for others to be sent with it, ms. Default 50. */
  readonly lingerMs?: number;
  /** So many events wait, or are under way, before `put` waits. Default 10,000. */
  readonly bufferedMax?: number;
  /** The same in bytes. Default 16 MiB. */
  readonly bufferedBytesMax?: number;
  /** For what the stream does not take. Default 20 tries, between them at most 2 s. */
  readonly backoff?: BackoffOptions;
  /** Told after each chunk. */
  readonly onProgress?: (progress: ProducerProgress) => void;
  /** Given back events that may be in the stream or not, after all tries. */
  readonly onFailed?: (events: readonly ProducedEvent[], error: unknown) => void;
}

/** An event on its way into a stream. */
export interface ProducedEvent {
  readonly event: unknown;
  readonly key: string;
}

/** How many events there were so far: `put` is the sum of the next three. */
export interface ProducerProgress {
  readonly put: number;
  readonly acknowledged: number;
  readonly failed: number;
  /** Waiting or under way. */
  readonly buffered: number;
  /** How often one had to be sent again. */
  readonly resent: number;
}

/** Puts events into a stream so that pipelines that read it count each once, whatever is sent again. */
export interface IdempotentProducer {
  /**
   * Takes an event, which goes on as JSON; resolves as soon as there is room for another one, not when it
   * is in the stream. Events of a key are in the stream in the order of the calls.
   *
   * @throws BadRecordError for what is no JSON, or without a key of 1 to 256 characters; LimitError beyond
   * a megabyte; ConfigurationError PRODUCER_CLOSED
   */
  put(event: unknown, options: { readonly key: string }): Promise<void>;
  /**
   * Resolves when all that was put before is in the stream. In a Lambda function it has to be awaited
   * before the handler returns.
   *
   * @throws the first error since the last flush, if any event failed
   */
  flush(): Promise<void>;
  /** Flushes, and takes no more. */
  close(): Promise<void>;
  readonly progress: ProducerProgress;
}

/**
 * A producer for applications. Each event bears an envelope by which a Tidemark pipeline passes over copies: those
 * that a retry leaves in the stream, not those of an event that is put twice. One for a process, not one
 * for an event: each is remembered for an hour by the shards it has put to.
 */
export function idempotentProducer(options: ProducerOptions): IdempotentProducer {
  const producer = new Producer(options);
  return {
    put: (event, { key }) => producer.put(event, key),
    flush: () => producer.flush(),
    close: () => producer.close(),
    get progress() {
      return producer.progress;
    },
  };
}

/** Copies of a record come within so long, ms: all tries take minutes. */
const WITHIN_MS = 3_600_000;

/** What the envelope adds, at most. */
const ENVELOPE_BYTES = sealed(
  { producer: 'x'.repeat(40), chunk: '0'.repeat(12), index: 499, withinMs: WITHIN_MS },
  '',
).length;

class Producer {
  readonly #options: ProducerOptions;
  readonly #lanes: readonly ProducerLane[];
  readonly #bufferedMax: number;
  readonly #bytesMax: number;
  #counts = { put: 0, acknowledged: 0, failed: 0, resent: 0 };
  #bytes = 0;
  #isClosed = false;
  #failure: { readonly error: unknown } | undefined;
  /** Calls of `put` that wait for room. */
  #waiting: (() => void)[] = [];

  constructor(options: ProducerOptions) {
    const { client, streamName, concurrency = 4, lingerMs = 50, backoff } = options;
    this.#options = options;
    this.#bufferedMax = options.bufferedMax ?? 10_000;
    this.#bytesMax = options.bufferedBytesMax ?? 16 * 1024 * 1024;
    const access = {
      client,
      streamName,
      backoff: fullJitter({ triesMax: 20, ...backoff }),
      signal: undefined,
      onRefused: (records: number) => {
        this.#counts.resent += records;
      },
    };
    const id = randomUUID();
    const onDone = (chunk: readonly Waiting[], error: unknown): void => this.#done(chunk, error);
    this.#lanes = Array.from({ length: checkedConcurrency(concurrency) }, (_, n) => {
      const producer = `${id}.${n}`;
      return new ProducerLane({ access, producer, withinMs: WITHIN_MS, lingerMs, onDone });
    });
  }

  get progress(): ProducerProgress {
    return { ...this.#counts, buffered: this.#buffered };
  }

  async put(event: unknown, key: string): Promise<void> {
    if (this.#isClosed) throw closed();
    const waiting = waitingOf(event, key);
    this.#counts.put++;
    this.#bytes += waiting.bytes;
    this.#laneOf(key).add(waiting);
    while (!this.#hasRoom) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async flush(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.drained()));
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
  }

  get #buffered(): number {
    const { put, acknowledged, failed } = this.#counts;
    return put - acknowledged - failed;
  }

  get #hasRoom(): boolean {
    return this.#buffered < this.#bufferedMax && this.#bytes < this.#bytesMax;
  }

  #laneOf(key: string): ProducerLane {
    const hash = createHash('sha256').update(key).digest().readUInt32BE();
    return this.#lanes[hash % this.#lanes.length] as ProducerLane;
  }

  #done(chunk: readonly Waiting[], error: unknown): void {
    for (const { bytes } of chunk) this.#bytes -= bytes;
    if (error === undefined) this.#counts.acknowledged += chunk.length;
    else {
      this.#counts.failed += chunk.length;
      this.#failure ??= { error };
      const events = chunk.map(({ event, key }) => ({ event, key }));
      undisturbed(() => this.#options.onFailed?.(events, error));
    }
    undisturbed(() => this.#options.onProgress?.(this.progress));
    if (!this.#hasRoom) return;
    for (const resume of this.#waiting.splice(0)) resume();
  }
}

/** Throws what `put` would throw for an event, and puts nothing. */
export const checkEvent = (event: unknown, key: string): void => void waitingOf(event, key);

function waitingOf(event: unknown, key: string): Waiting {
  if (!isPartitionKey(key)) {
    throw new BadRecordError('a key of an event is not 1 to 256 characters long');
  }
  const text = jsonOf(event);
  const bytes = Buffer.byteLength(text) + Buffer.byteLength(key) + ENVELOPE_BYTES;
  if (bytes <= RECORD_BYTES_MAX) return { event, key, text, bytes };
  throw new LimitError(`an event takes ${bytes} bytes of ${RECORD_BYTES_MAX}`, {
    hint: 'Put what is large elsewhere, and a reference to it into the event.',
  });
}

function jsonOf(event: unknown): string {
  let text: string | undefined;
  let cause: unknown;
  try {
    text = JSON.stringify(event) as string | undefined;
  } catch (error) {
    // It contains itself or a bigint, or lies too deep.
    cause = error;
  }
  if (text !== undefined) return text;
  throw new BadRecordError('an event cannot be written as JSON', { cause });
}

/** Whoever watches must not keep events from being sent by failing. */
function undisturbed(tell: () => void): void {
  try {
    tell();
  } catch {
    // There is nobody left to tell.
  }
}

const closed = (): ConfigurationError =>
  new ConfigurationError(
    'PRODUCER_CLOSED',
    'an event was put after the producer was closed',
    'Close it when nothing is put any more, or make another one.',
  );
