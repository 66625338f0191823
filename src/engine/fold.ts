import type { Origin } from '../operators/operator.ts';
import type { Row } from '../schema/segment.ts';
import type { StagePlan } from '../topology/plan.ts';
import { bucketOfKey } from './bucket.ts';
import { Cuts } from './cuts.ts';
import { entryOf } from './entry-of.ts';
import type { Group } from './packing.ts';
import { Parts } from './parts.ts';

interface Cell {
  contribution: unknown;
}

/** The contributions of one attempt, by slot and key. */
export class Fold {
  readonly #stage: StagePlan;
  readonly #cuts: Cuts;
  readonly #isCut: boolean;
  readonly #slots = new Map<number, Map<string, Cell>>();
  /** What is too large for a cell. */
  readonly #cut = new Map<number, Map<string, Parts>>();

  constructor(stage: StagePlan, cuts = Cuts.NONE) {
    this.#stage = stage;
    this.#cuts = cuts;
    this.#isCut = !cuts.areNone;
  }

  /** Another one of the stage, with nothing in it. */
  another(): Fold {
    return new Fold(this.#stage, this.#cuts);
  }

  /** Adds an event. If this throws, nothing was added. */
  add(
    slot: number,
    key: string,
    event: unknown,
    eventTime: number,
    origin: Origin,
    side: number,
  ): void {
    const { operator } = this.#stage;
    if (this.#isCut && this.#cuts.has(slot, key)) {
      const alone = operator.add(operator.create(), event, eventTime, origin, side);
      this.#partsOf(slot, key).add(alone);
      return;
    }
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
    for (const [slot, keys] of other.#cut) {
      for (const [key, parts] of keys) this.#partsOf(slot, key).absorb(parts);
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
    return [...new Set([...this.#slots.keys(), ...this.#cut.keys()])].sort((a, b) => a - b);
  }

  #rowsByBucket(slot: number): Map<number, Row<unknown>[]> {
    const buckets = new Map<number, Row<unknown>[]>();
    const put = (key: string, contribution: unknown): void => {
      const bucket = bucketOfKey(key, this.#stage.buckets);
      const rows = buckets.get(bucket);
      if (rows) rows.push({ key, contribution });
      else buckets.set(bucket, [{ key, contribution }]);
    };
    for (const [key, { contribution }] of this.#slots.get(slot) ?? []) put(key, contribution);
    for (const [key, { all }] of this.#cut.get(slot) ?? []) for (const part of all) put(key, part);
    return buckets;
  }

  #keysOf(slot: number): Map<string, Cell> {
    return entryOf(this.#slots, slot, () => new Map());
  }

  #partsOf(slot: number, key: string): Parts {
    const keys = entryOf(this.#cut, slot, () => new Map<string, Parts>());
    return entryOf(keys, key, () => new Parts(this.#stage.operator, { slot, key }, this.#cuts));
  }
}
