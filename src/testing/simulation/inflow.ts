import type { Chance } from './chance.ts';
import type { FaultKind } from './faults.ts';
import type { SimulatedLog } from './log.ts';
import { Producers } from './producers.ts';

export interface InflowOptions {
  readonly log: SimulatedLog;
  readonly chance: Chance;
  /** Whether producers of this run seal what they send, and send it again. */
  readonly isSealed: boolean;
  draws(kind: FaultKind, where: string): boolean;
  trace(line: string, shown?: unknown): void;
}

/** What comes into a stream, and what befalls its shards meanwhile. */
export class Inflow {
  readonly #options: InflowOptions;
  readonly #producers: Producers | undefined;

  constructor(options: InflowOptions) {
    this.#options = options;
    if (options.isSealed) this.#producers = new Producers(options.log, options.chance);
  }

  put(record: string | Uint8Array, now: number): void {
    const { log, trace } = this.#options;
    const isText = typeof record === 'string';
    const lane =
      isText && this.#producers ? this.#producers.put(record, now) : log.put(record, now);
    trace(`put ${lane}`, isText ? record : Buffer.from(record).toString());
  }

  befall(now: number): void {
    const { log, draws } = this.#options;
    if (this.#producers && draws('producerRepeats', 'stream')) this.#repeat(this.#producers, now);
    if (draws('split', 'stream')) log.split();
    if (draws('merge', 'stream')) log.merge();
    if (draws('recreated', 'stream')) log.recreate();
    if (draws('shardExpired', 'stream')) log.expireShard();
    if (draws('recordsExpired', 'stream')) log.expireRecords();
  }

  #repeat(producers: Producers, now: number): void {
    const again = producers.repeat(now);
    if (again !== undefined) this.#options.trace(`put ${again.lane} again`, again.data);
  }
}
