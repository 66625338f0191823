import {
  type DeadReason,
  isUsableKey,
  type RecountRules,
  readRecord,
  type StreamRecord,
} from './event-rules.ts';

/** The plain answer: what the result tables must say, and where every record went. */
export interface Recount {
  readonly records: number;
  readonly counted: number;
  readonly late: number;
  readonly dead: number;
  readonly filtered: number;
  readonly deadByReason: Readonly<Record<DeadReason, number>>;
  /** Under `windowId`. */
  readonly windows: ReadonlyMap<string, WindowCount>;
}

/** How many events of one key are in one window; ms, the end not included. */
export interface WindowCount {
  readonly key: string;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly value: number;
}

/** One name for one window of one key. */
export const windowId = (window: { windowStart: number; key: string }): string =>
  `${window.windowStart} ${window.key}`;

/** All records of a shard in the order of the log. */
export interface RecordedShard {
  readonly shardId: string;
  /** Shards that this one continues. */
  readonly parents: readonly string[];
  readonly records: Iterable<StreamRecord>;
}

/**
 * A watermark that the stream itself does not show: an empty shard was raised to the others'.
 * Holds for all records after `position` (`''`: for all).
 */
export interface WatermarkRaise {
  readonly shardId: string;
  readonly position: string;
  readonly watermark: number;
}

/**
 * Counts by code of its own, one record after the other, each judged in its shard. Shares nothing
 * with the engine, so that both cannot be wrong alike. Shards may come in any order.
 */
export function recount(
  shards: readonly RecordedShard[],
  rules: RecountRules,
  raises: readonly WatermarkRaise[] = [],
): Recount {
  const recounter = new Recounter(rules, raises);
  for (const shard of parentsFirst(shards)) {
    recounter.begin(shard);
    recounter.add(shard.records);
    recounter.end();
  }
  return recounter.result();
}

/** The same in pieces, for a stream that is read page by page. */
export class Recounter {
  readonly #rules: RecountRules;
  readonly #raises: readonly WatermarkRaise[];
  readonly #finalWatermarks = new Map<string, number>();
  readonly #windows = new Map<string, WindowCount>();
  readonly #totals = { records: 0, counted: 0, late: 0, filtered: 0 };
  readonly #dead = { NOT_JSON: 0, SCHEMA: 0, TIMESTAMP: 0, FUTURE: 0, KEY: 0 };
  #shardId = '';
  #watermark = Number.NEGATIVE_INFINITY;
  #raisesAhead: WatermarkRaise[] = [];

  constructor(rules: RecountRules, raises: readonly WatermarkRaise[] = []) {
    this.#rules = rules;
    this.#raises = raises;
  }

  /** Turns to a shard whose parents have ended. */
  begin(shard: Omit<RecordedShard, 'records'>): void {
    const inherited = shard.parents.flatMap((parent) => this.#finalWatermarks.get(parent) ?? []);
    this.#shardId = shard.shardId;
    this.#watermark = inherited.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...inherited);
    this.#raisesAhead = this.#raises.filter((raise) => raise.shardId === shard.shardId);
  }

  /** The next records of the shard. */
  add(records: Iterable<StreamRecord>): void {
    for (const record of records) {
      this.#applyRaises((position) => BigInt(record.sequenceNumber) > BigInt(position));
      this.#judge(record);
    }
  }

  /** The shard has no more records. */
  end(): void {
    this.#applyRaises(() => true);
    this.#finalWatermarks.set(this.#shardId, this.#watermark);
  }

  result(): Recount {
    const dead = Object.values(this.#dead).reduce((sum, count) => sum + count, 0);
    return { ...this.#totals, dead, deadByReason: { ...this.#dead }, windows: this.#windows };
  }

  #applyRaises(isDue: (position: string) => boolean): void {
    if (this.#raisesAhead.length === 0) return;
    const ahead: WatermarkRaise[] = [];
    for (const raise of this.#raisesAhead) {
      if (isDue(raise.position)) this.#watermark = Math.max(this.#watermark, raise.watermark);
      else ahead.push(raise);
    }
    this.#raisesAhead = ahead;
  }

  #judge(record: StreamRecord): void {
    const { windowMs, outOfOrdernessMs, filterAction } = this.#rules;
    this.#totals.records += 1;
    const event = readRecord(record, this.#rules);
    if (event.kind === 'dead') {
      this.#dead[event.reason] += 1;
      return;
    }
    const watermarkBefore = this.#watermark;
    const promised = event.eventTime - outOfOrdernessMs - 1;
    this.#watermark = Math.max(watermarkBefore, promised);
    const windowStart = Math.floor(event.eventTime / windowMs) * windowMs;
    if (event.action !== filterAction) this.#totals.filtered += 1;
    else if (!isUsableKey(event.key)) this.#dead.KEY += 1;
    else if (windowStart + windowMs - 1 <= watermarkBefore) this.#totals.late += 1;
    else this.#count(event.key, windowStart);
  }

  #count(key: string, windowStart: number): void {
    const id = windowId({ windowStart, key });
    const value = (this.#windows.get(id)?.value ?? 0) + 1;
    this.#windows.set(id, {
      key,
      windowStart,
      windowEnd: windowStart + this.#rules.windowMs,
      value,
    });
    this.#totals.counted += 1;
  }
}

/** Every shard after those that it continues; parents that are gone do not count. */
export function parentsFirst<T extends Pick<RecordedShard, 'shardId' | 'parents'>>(
  shards: readonly T[],
): T[] {
  const ordered: T[] = [];
  let waiting = [...shards];
  while (waiting.length > 0) {
    const unread = new Set(waiting.map((shard) => shard.shardId));
    const ready = waiting.filter((shard) => !shard.parents.some((parent) => unread.has(parent)));
    if (ready.length === 0) return [...ordered, ...waiting];
    ordered.push(...ready);
    waiting = waiting.filter((shard) => !ready.includes(shard));
  }
  return ordered;
}
