import { CHUNK_MAX, type Envelope, sealed } from '../../schema/envelope.ts';
import type { Chance } from './chance.ts';
import type { SimulatedLog } from './log.ts';

/** A record that may be sent again. */
interface Sent {
  /** The shard that took its last copy. */
  lane: string;
  readonly data: string;
  /** Until when, ms. */
  readonly until: number;
}

interface Producer {
  readonly name: string;
  readonly withinMs: number | undefined;
  chunk: number;
  /** Indexes of the chunk that are not sent yet. */
  left: number[];
}

const PRODUCERS_MAX = 3;
const WITHIN_MS = [undefined, undefined, 10_000, 60_000];
const CHUNK_SIZES = [1, 2, 5];

/**
 * Who puts the records of a stream into it: each in an envelope, in chunks that are sent one after the other,
 * in any order within a chunk; and any record again, at any time at which the envelope allows it.
 */
export class Producers {
  readonly #log: SimulatedLog;
  readonly #chance: Chance;
  readonly #producers: readonly Producer[];
  readonly #sent: Sent[] = [];

  constructor(log: SimulatedLog, chance: Chance) {
    this.#log = log;
    this.#chance = chance;
    this.#producers = Array.from({ length: 1 + chance.below(PRODUCERS_MAX) }, (_, n) => ({
      name: `producer ${n}`,
      withinMs: chance.pick(WITHIN_MS),
      chunk: 0,
      left: [],
    }));
  }

  /** Returns the shard that took the record. */
  put(event: string, now: number): string {
    const envelope = this.#envelope();
    const data = sealed(envelope, event);
    const lane = this.#log.put(data, now);
    this.#sent.push({ lane, data, until: now + (envelope.withinMs ?? Number.POSITIVE_INFINITY) });
    return lane;
  }

  /** Sends some record again: to the shard that took it, or one that continues it. */
  repeat(now: number): Pick<Sent, 'lane' | 'data'> | undefined {
    const may = this.#sent.filter(({ until }) => until >= now);
    if (may.length === 0) return undefined;
    const again = this.#chance.pick(may);
    const lane = this.#log.heirOf(again.lane);
    if (lane === undefined) return undefined;
    this.#log.putAgain(lane, again.data, now);
    // The next copy goes the same way, as its partition key does.
    again.lane = lane;
    return again;
  }

  #envelope(): Envelope {
    const producer = this.#chance.pick(this.#producers);
    if (producer.left.length === 0) {
      producer.chunk++;
      const first = this.#chance.pick([0, 6, CHUNK_MAX - Math.max(...CHUNK_SIZES)]);
      const indexes = Array.from({ length: this.#chance.pick(CHUNK_SIZES) }, (_, n) => first + n);
      while (indexes.length > 0)
        producer.left.push(...indexes.splice(this.#chance.below(indexes.length), 1));
    }
    return {
      producer: producer.name,
      chunk: String(producer.chunk).padStart(6, '0'),
      index: producer.left.pop() ?? 0,
      ...(producer.withinMs && { withinMs: producer.withinMs }),
    };
  }
}
