import { UnavailableError } from '../../errors.ts';
import type { Speed } from './options.ts';
import type { Random } from './random.ts';
import { Tempo } from './tempo.ts';
import type { TrafficItem } from './traffic-item.ts';

/** One record of a PutRecords call. */
export interface PutRecord {
  readonly data: Uint8Array;
  readonly partitionKey: string;
  /** Which of several streams it is for; `undefined`: there is one. */
  readonly stream?: string;
  /** When it arrives in the time of the events, ms; `undefined`: now. */
  readonly arrivalTime?: number;
}

/**
 * Puts up to 500 records, in order. Resolves with the indexes that were not taken and may be sent
 * again, ascending; throws what sending again would not help.
 */
export type PutRecords = (records: readonly PutRecord[]) => Promise<{ failed: readonly number[] }>;

export interface PlayOptions {
  readonly items: Iterable<TrafficItem> | AsyncIterable<TrafficItem>;
  readonly putRecords: PutRecords;
  readonly speed: Speed;
  /** May change the speed later, and stop the play for a while. */
  readonly tempo?: Tempo;
  /** Put nothing before its own arrival time: traffic that catches up with the present goes on live. */
  readonly live?: boolean;
  /** Wall time, ms. */
  readonly now: () => number;
  /** Ends early when the signal aborts. */
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
  readonly random: Random;
  /** Once it aborts, nothing more is put. */
  readonly signal: AbortSignal;
  readonly onProgress?: (counts: PlayCounts) => void;
}

/** What was put so far. */
export interface PlayCounts {
  /** Acknowledged records. */
  readonly records: number;
  readonly bytes: number;
  /** Calls that put something. */
  readonly batches: number;
  /** Records that were refused and sent again. */
  readonly resent: number;
  /** Of the last record put, ms; `undefined` before the first. */
  readonly arrivalTime: number | undefined;
  /** Everything was put: the signal did not end the play. */
  readonly complete: boolean;
}

const RECORDS_MAX = 500;
const BYTES_MAX = 4 * 1024 * 1024;
/** Records due within this much of wall time go together. */
const PAUSE_MIN_MS = 50;
const PAUSE_MAX_MS = 5_000;
const BACK_OFF_FIRST_MS = 50;
const BACK_OFF_MAX_MS = 5_000;
/** About a minute and a half of refusals in a row. */
const ATTEMPTS_MAX = 24;

/**
 * Puts the items into the stream in their order, as fast as possible or paced by their arrival
 * times. A batch is acknowledged as a whole before the next one is sent, and refused records are
 * sent again in their order, so that the records of a partition key swap places only within a batch
 * that was taken in part.
 */
export async function play(options: PlayOptions): Promise<PlayCounts> {
  const player = new Player(options);
  for await (const item of options.items) {
    await player.take(item);
    if (options.signal.aborted) break;
  }
  return player.finish();
}

class Player {
  readonly #options: PlayOptions;
  readonly #tempo: Tempo;
  #interruption: { readonly change: AbortSignal; readonly either: AbortSignal } | undefined;
  #batch: PutRecord[] = [];
  #batchBytes = 0;
  #arrivalTime: number | undefined;
  #counts: PlayCounts = NOTHING;
  /** Wall time and arrival time of the first item. */
  #origin: { readonly wall: number; readonly arrival: number } | undefined;

  constructor(options: PlayOptions) {
    this.#options = options;
    this.#tempo = options.tempo ?? new Tempo(options.speed);
  }

  async take(item: TrafficItem): Promise<void> {
    await this.#waitUntilDue(item.arrivalTime);
    const record = recordOf(item);
    const size = sizeOf(record);
    if (this.#batch.length === RECORDS_MAX || this.#batchBytes + size > BYTES_MAX) {
      await this.#flush();
    }
    this.#batch.push(record);
    this.#batchBytes += size;
    this.#arrivalTime = item.arrivalTime;
  }

  async finish(): Promise<PlayCounts> {
    await this.#flush();
    return { ...this.#counts, complete: !this.#options.signal.aborted };
  }

  async #waitUntilDue(arrivalTime: number): Promise<void> {
    for (;;) {
      const { change } = this.#tempo;
      if (this.#tempo.paused) await this.#untilChanged(change);
      else if (this.#tempo.speed !== 'max') await this.#waitAt(this.#tempo.speed, arrivalTime);
      if (!change.aborted || this.#options.signal.aborted) return;
      // From here on at another pace.
      this.#origin = { wall: this.#options.now(), arrival: this.#arrivalTime ?? arrivalTime };
    }
  }

  async #untilChanged(change: AbortSignal): Promise<void> {
    await this.#flush();
    const until = this.#interruptionOf(change);
    if (until.aborted) return;
    await new Promise((resolve) => until.addEventListener('abort', resolve, { once: true }));
  }

  async #waitAt(speed: number, arrivalTime: number): Promise<void> {
    const { now } = this.#options;
    if (this.#dueAt(arrivalTime, speed) <= now()) return;
    // Nothing that is due waits for what is not.
    await this.#flush();
    const restMs = this.#dueAt(arrivalTime, speed) - now();
    const isSilence = this.#options.live !== true && restMs > PAUSE_MAX_MS;
    // Nobody watches a night go by: what comes after a long silence comes soon.
    if (isSilence) this.#origin = { wall: now() + PAUSE_MAX_MS, arrival: arrivalTime };
    await this.#sleep(isSilence ? PAUSE_MAX_MS : Math.max(restMs, PAUSE_MIN_MS));
  }

  #dueAt(arrivalTime: number, speed: number): number {
    this.#origin ??= { wall: this.#options.now(), arrival: arrivalTime };
    const paced = this.#origin.wall + (arrivalTime - this.#origin.arrival) / speed;
    return this.#options.live === true ? Math.max(paced, arrivalTime) : paced;
  }

  async #flush(): Promise<void> {
    let pending = this.#batch;
    for (let attempt = 0; pending.length > 0; ) {
      if (this.#options.signal.aborted) return;
      const refused = refusedOf(pending, (await this.#options.putRecords(pending)).failed);
      this.#acknowledge(pending, refused);
      attempt = refused.length < pending.length ? 0 : attempt + 1;
      if (attempt === ATTEMPTS_MAX) throw notTaken(refused.length);
      pending = refused;
      if (pending.length > 0) await this.#sleep(backOffMs(attempt, this.#options.random));
    }
    this.#batch = [];
    this.#batchBytes = 0;
  }

  #acknowledge(sent: readonly PutRecord[], refused: readonly PutRecord[]): void {
    const bytes = (records: readonly PutRecord[]) =>
      records.reduce((sum, record) => sum + record.data.length, 0);
    this.#counts = {
      records: this.#counts.records + sent.length - refused.length,
      bytes: this.#counts.bytes + bytes(sent) - bytes(refused),
      batches: this.#counts.batches + (refused.length < sent.length ? 1 : 0),
      resent: this.#counts.resent + refused.length,
      arrivalTime: this.#arrivalTime,
      complete: false,
    };
    this.#options.onProgress?.(this.#counts);
  }

  /** One for all pauses until the next change: whoever makes one for each keeps them all. */
  #interruptionOf(change: AbortSignal): AbortSignal {
    if (this.#interruption?.change !== change) {
      const { signal } = this.#options;
      this.#interruption = { change, either: AbortSignal.any([signal, change]) };
    }
    return this.#interruption.either;
  }

  /** Ends early when the tempo changes. */
  async #sleep(durationMs: number): Promise<void> {
    const { signal, sleep } = this.#options;
    const { change } = this.#tempo;
    if (signal.aborted) return;
    await sleep(durationMs, this.#interruptionOf(change)).catch((error: unknown) => {
      if (!signal.aborted && !change.aborted) throw error;
    });
  }
}

const NOTHING: PlayCounts = {
  records: 0,
  bytes: 0,
  batches: 0,
  resent: 0,
  arrivalTime: undefined,
  complete: false,
};

const encoder = new TextEncoder();

const recordOf = ({ line, ...rest }: TrafficItem): PutRecord => ({
  ...rest,
  data: typeof line === 'string' ? encoder.encode(line) : line,
});

/** Kinesis counts the keys too; a character takes at most 3 bytes a UTF-16 unit. */
const sizeOf = (record: PutRecord): number => record.data.length + 3 * record.partitionKey.length;

function refusedOf(sent: readonly PutRecord[], failed: readonly number[]): PutRecord[] {
  const indexes = new Set(failed);
  return sent.filter((_, index) => indexes.has(index));
}

/** Exponential with full jitter. */
const backOffMs = (attempt: number, random: Random): number =>
  random() * Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** attempt);

const notTaken = (records: number) =>
  new UnavailableError(`the stream refused ${records} records ${ATTEMPTS_MAX} times`, {
    hint: 'Give the stream more shards, or play more slowly with --speed.',
  });
