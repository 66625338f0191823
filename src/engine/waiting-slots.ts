import type { Operator } from '../operators/operator.ts';

/** Contributions that were read, until their slot has its turn: by slot and key, merged. */
export class WaitingSlots {
  readonly #operator: Operator;
  readonly #rows = new Map<number, Map<string, unknown>>();
  /** The last one comes first. */
  readonly #order: number[] = [];

  constructor(operator: Operator) {
    this.#operator = operator;
  }

  add(slot: number, key: string, contribution: unknown): void {
    const rows = this.#rowsOf(slot);
    const before = rows.get(key);
    const merged = before === undefined ? contribution : this.#operator.merge(before, contribution);
    rows.set(key, merged);
  }

  /** These keys are to be looked at in a slot, whether or not there is something of them. */
  wake(slot: number, keys: readonly string[]): void {
    const rows = this.#rowsOf(slot);
    for (const key of keys) if (!rows.has(key)) rows.set(key, this.#operator.create());
  }

  /** Takes the first slot out, unless it comes after `last`. */
  take(last: number): { readonly slot: number; readonly rows: Map<string, unknown> } | undefined {
    const slot = this.#order.at(-1);
    if (slot === undefined || slot > last) return undefined;
    this.#order.pop();
    const rows = this.#rows.get(slot) ?? new Map<string, unknown>();
    this.#rows.delete(slot);
    return { slot, rows };
  }

  #rowsOf(slot: number): Map<string, unknown> {
    let rows = this.#rows.get(slot);
    if (rows === undefined) {
      rows = new Map();
      this.#rows.set(slot, rows);
      this.#order.splice(this.#placeOf(slot), 0, slot);
    }
    return rows;
  }

  #placeOf(slot: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#order[middle] as number) > slot) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
