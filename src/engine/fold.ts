import type { Row } from '../schema/segment.ts';
import type { StagePlan } from '../topology/plan.ts';
import { bucketOfKey } from './bucket.ts';
import { slotOfWindow } from './judge.ts';

/** The rows of one window of one bucket, filed under the slot at which it is looked at. */
export interface Group {
  readonly slot: number;
  readonly windowEnd: number;
  readonly rows: readonly Row<unknown>[];
}

interface Cell {
  accumulator: unknown;
}

/** The contributions of one attempt: partial accumulators by window and key. */
export class Fold {
  readonly #stage: StagePlan;
  readonly #windows = new Map<number, Map<string, Cell>>();

  constructor(stage: StagePlan) {
    this.#stage = stage;
  }

  /** Adds an event. If the aggregate throws, nothing was added. */
  add(windowEnd: number, key: string, event: unknown): void {
    const { aggregate } = this.#stage;
    const cell = this.#windows.get(windowEnd)?.get(key);
    if (cell !== undefined) {
      cell.accumulator = aggregate.add(cell.accumulator, event as never);
      return;
    }
    const accumulator = aggregate.add(aggregate.create(), event as never);
    this.#keysOf(windowEnd).set(key, { accumulator });
  }

  /** What there is for each bucket, in order of slot; buckets without rows are left out. */
  byBucket(): Map<number, Group[]> {
    const buckets = new Map<number, Group[]>();
    for (const windowEnd of [...this.#windows.keys()].sort((a, b) => a - b)) {
      const slot = slotOfWindow(this.#stage, windowEnd);
      for (const [bucket, rows] of this.#rowsByBucket(windowEnd)) {
        const groups = buckets.get(bucket);
        if (groups) groups.push({ slot, windowEnd, rows });
        else buckets.set(bucket, [{ slot, windowEnd, rows }]);
      }
    }
    return buckets;
  }

  /** Slots that have contributions, ascending. */
  slots(): number[] {
    const slots = [...this.#windows.keys()].map((end) => slotOfWindow(this.#stage, end));
    return [...new Set(slots)].sort((a, b) => a - b);
  }

  #rowsByBucket(windowEnd: number): Map<number, Row<unknown>[]> {
    const buckets = new Map<number, Row<unknown>[]>();
    for (const [key, { accumulator }] of this.#keysOf(windowEnd)) {
      const bucket = bucketOfKey(key, this.#stage.buckets);
      const rows = buckets.get(bucket);
      if (rows) rows.push({ key, accumulator });
      else buckets.set(bucket, [{ key, accumulator }]);
    }
    return buckets;
  }

  #keysOf(windowEnd: number): Map<string, Cell> {
    let keys = this.#windows.get(windowEnd);
    if (keys === undefined) {
      keys = new Map();
      this.#windows.set(windowEnd, keys);
    }
    return keys;
  }
}
