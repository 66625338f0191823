import { CHUNK_MAX, sealed } from '../schema/envelope.ts';
import { type PutAccess, putAll } from './put-records.ts';

/** An event that waits to be sent. */
export interface Waiting {
  readonly key: string;
  readonly event: unknown;
  /** The event as JSON text. */
  readonly text: string;
  readonly bytes: number;
}

export interface LaneOptions {
  readonly access: PutAccess;
  /** In the envelope of its records. */
  readonly producer: string;
  readonly withinMs: number;
  readonly lingerMs: number;
  /** What became of a chunk: it is in the stream, or nobody knows. */
  readonly onDone: (chunk: readonly Waiting[], error: unknown) => void;
}

/**
 * Sends events in chunks of at most one event a key, one chunk after the other: so that events of a key
 * keep their order, and a reader has to remember one chunk.
 */
export class ProducerLane {
  readonly #options: LaneOptions;
  /** By key, in the order in which they came. */
  readonly #queues = new Map<string, Waiting[]>();
  #chunk = 0;
  #isRunning = false;
  #idle: Promise<void> = Promise.resolve();
  #isHurried = false;
  #hurry: () => void = () => {};

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  add(waiting: Waiting): void {
    const queue = this.#queues.get(waiting.key);
    if (queue) queue.push(waiting);
    else this.#queues.set(waiting.key, [waiting]);
    if (this.#queues.size >= CHUNK_MAX) this.#hurry();
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#idle = this.#run();
  }

  /** Resolves when nothing waits any more. Waits for no chunk to fill. */
  async drained(): Promise<void> {
    this.#isHurried = true;
    this.#hurry();
    while (this.#isRunning) await this.#idle;
    this.#isHurried = false;
  }

  async #run(): Promise<void> {
    while (this.#queues.size > 0) {
      await this.#filled();
      await this.#send(this.#take());
    }
    this.#isRunning = false;
  }

  /** Resolves when there is a chunk to be sent: a full one, one that was waited for, or at once. */
  async #filled(): Promise<void> {
    if (this.#isHurried || this.#queues.size >= CHUNK_MAX) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.lingerMs);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#hurry = () => {};
  }

  /** The first event of each key; keys with more of them stand in line again. */
  #take(): Waiting[] {
    const taken: Waiting[] = [];
    for (const [key, queue] of [...this.#queues].slice(0, CHUNK_MAX)) {
      const first = queue.shift();
      this.#queues.delete(key);
      if (queue.length > 0) this.#queues.set(key, queue);
      if (first) taken.push(first);
    }
    return taken;
  }

  async #send(waiting: readonly Waiting[]): Promise<void> {
    const { access, producer, withinMs, onDone } = this.#options;
    const chunk = String(this.#chunk++).padStart(12, '0');
    const records = waiting.map(({ key, text }, index) => ({
      partitionKey: key,
      data: Buffer.from(sealed({ producer, chunk, index, withinMs }, text)),
    }));
    try {
      await putAll(access, records);
      onDone(waiting, undefined);
    } catch (error) {
      onDone(waiting, error);
    }
  }
}
