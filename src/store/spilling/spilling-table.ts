import { rmSync } from 'node:fs';
import path from 'node:path';
import type { ItemTable } from '../item-table.ts';
import { memoryTable } from '../memory-table.ts';
import type { Item, Value } from '../store.ts';
import { merged } from './merge.ts';
import { openRun, type Run, writeRun } from './run-file.ts';

/** A table in memory whose items go to disk, as a sorted run, whenever they take more than a limit. */
export interface SpillingTable extends ItemTable {
  /** Puts all that is in memory on disk. Returns the names of the files that are the table now, oldest first. */
  flush(): readonly string[];
  /** Deletes the files that earlier ones have been merged into; call it when nothing refers to them. */
  prune(): void;
  close(): void;
}

export interface SpillingTableOptions {
  /** A folder of its own, which exists. */
  readonly folder: string;
  /** About how much may stay in memory, bytes. */
  readonly limitBytes: number;
  /** What flush() of an earlier table in this folder returned; all other runs are forgotten. */
  readonly runs?: readonly string[];
}

/** Larger runs are not merged any more: that would only move bytes. */
const MERGED_BELOW = 32 * 1024 * 1024;

/** Opens a table. Throws FormatError if a run is not whole. */
export function spillingTable(options: SpillingTableOptions): SpillingTable {
  return new Spilling(options);
}

class Spilling implements SpillingTable {
  readonly #folder: string;
  readonly #limitBytes: number;
  /** Newest first. */
  #runs: Run[];
  #memory = memoryTable();
  #bytes = 0;
  #named: number;
  #merged: string[] = [];

  constructor({ folder, limitBytes, runs = [] }: SpillingTableOptions) {
    this.#folder = folder;
    this.#limitBytes = limitBytes;
    this.#named = Math.max(0, ...runs.map(numberOf));
    this.#runs = runs.map((name) => openRun(path.join(folder, name))).reverse();
  }

  get(key: { pk: string; sk: string }): Item | undefined {
    const fresh = this.#memory.get(key);
    if (fresh) return fresh;
    for (const run of this.#runs) {
      const item = run.get(key);
      if (item) return item;
    }
    return undefined;
  }

  put(item: Item): void {
    const before = this.#memory.get(item);
    this.#memory.put(item);
    this.#bytes += sizeOf(item) - (before ? sizeOf(before) : 0);
    if (this.#bytes > this.#limitBytes) this.#spill();
  }

  between(range: { pk: string; from: string; to: string }, after: string | undefined) {
    const fresh = this.#memory.between(range, after);
    if (this.#runs.length === 0) return fresh;
    return merged([fresh, ...this.#runs.map((run) => run.between(range, after))]);
  }

  all(): Iterable<Item> {
    return merged([this.#memory.all(), ...this.#runs.map((run) => run.all())]);
  }

  flush(): readonly string[] {
    if (this.#bytes > 0) this.#spill();
    return this.#runs.map(({ file }) => path.basename(file)).reverse();
  }

  prune(): void {
    for (const file of this.#merged) rmSync(file, { force: true });
    this.#merged = [];
  }

  close(): void {
    for (const run of this.#runs) run.close();
    this.#runs = [];
  }

  #spill(): void {
    this.#runs.unshift(this.#write(this.#memory.all()));
    this.#memory = memoryTable();
    this.#bytes = 0;
    for (let pair = mergeable(this.#runs); pair; pair = mergeable(this.#runs)) {
      const [newer, older] = pair;
      const whole = this.#write(merged([newer.all(), older.all()]));
      this.#runs.splice(0, 2, whole);
      for (const run of pair) {
        run.close();
        this.#merged.push(run.file);
      }
    }
  }

  #write(items: Iterable<Item>): Run {
    this.#named += 1;
    const file = path.join(this.#folder, nameOf(this.#named));
    writeRun(file, items);
    return openRun(file);
  }
}

/** The two newest, if the older is not much larger: so runs stay few and no byte is moved often. */
function mergeable([newer, older]: readonly Run[]): [Run, Run] | undefined {
  if (newer === undefined || older === undefined) return undefined;
  const small = newer.bytes < MERGED_BELOW && older.bytes < MERGED_BELOW;
  return small && older.bytes < 2 * newer.bytes ? [newer, older] : undefined;
}

const nameOf = (number: number): string => `items-${String(number).padStart(6, '0')}.run`;
const numberOf = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0);

/** About what an item takes in memory beside its text and bytes: objects, an entry in a map, a place in an order. */
const ITEM_BYTES = 400;

function sizeOf(item: Item): number {
  let bytes = ITEM_BYTES;
  for (const name in item) bytes += sizeOfValue(item[name] as Value);
  return bytes;
}

function sizeOfValue(value: Value): number {
  if (typeof value === 'number') return 8;
  if (typeof value === 'string') return 2 * value.length;
  if (value instanceof Uint8Array) return 100 + value.length;
  return value.reduce((sum, text) => sum + 2 * text.length, 0);
}
