import type { Origin } from '../operators/operator.ts';
import type { Row } from '../schema/segment.ts';
import type { StagePlan } from '../topology/plan.ts';
import { bucketOfKey } from './bucket.ts';

/** Rows of one bucket that are looked at in one slot. */
export interface Group {
  readonly slot: number;
  readonly rows: readonly Row<unknown>[];
}

interface Cell {
  contribution: unknown;
}

/** The contributions of one attempt, by slot and key. */
export class Fold {
  readonly #stage: StagePlan;
  readonly #slots = new Map<number, Map<string, Cell>>();

  constructor(stage: StagePlan) {
    this.#stage = stage;
  }

  /** Adds an event. If the operator throws, nothing was added. */
  add(
    slot: number,
    key: string,
    event: unknown,
    eventTime: number,
    origin: Origin,
    side: number,
  ): void {
    const { operator } = this.#stage;
    const cell = this.#slots.get(slot)?.get(key);
    if (cell !== undefined) {
      cell.contribution = operator.add(cell.contribution, event, eventTime, origin, side);
      return;
    }
    const contribution = operator.add(operator.create(), event, eventTime, origin, side);
    this.#keysOf(slot).set(key, { contribution });
  }

  /** Adds all that another fold of the stage has, which is not used any more. */
  absorb(other: Fold): void {
    const { operator } = this.#stage;
    for (const [slot, keys] of other.#slots) {
      const own = this.#keysOf(slot);
      for (const [key, cell] of keys) {
        const mine = own.get(key);
        if (mine) mine.contribution = operator.merge(mine.contribution, cell.contribution);
        else own.set(key, cell);
      }
    }
  }

  /** What there is for each bucket, in order of slot; buckets without rows are left out. */
  byBucket(): Map<number, Group[]> {
    const buckets = new Map<number, Group[]>();
    for (const slot of this.slots()) {
      for (const [bucket, rows] of this.#rowsByBucket(slot)) {
        const groups = buckets.get(bucket);
        if (groups) groups.push({ slot, rows });
        else buckets.set(bucket, [{ slot, rows }]);
      }
    }
    return buckets;
  }

  /** Slots that have contributions, ascending. */
  slots(): number[] {
    return [...this.#slots.keys()].sort((a, b) => a - b);
  }

  #rowsByBucket(slot: number): Map<number, Row<unknown>[]> {
    const buckets = new Map<number, Row<unknown>[]>();
    for (const [key, { contribution }] of this.#keysOf(slot)) {
      const bucket = bucketOfKey(key, this.#stage.buckets);
      const rows = buckets.get(bucket);
      if (rows) rows.push({ key, contribution });
      else buckets.set(bucket, [{ key, contribution }]);
    }
    return buckets;
  }

  #keysOf(slot: number): Map<string, Cell> {
    let keys = this.#slots.get(slot);
    if (keys === undefined) {
      keys = new Map();
      this.#slots.set(slot, keys);
    }
    return keys;
  }
}
