import type { LogRecord } from '../../sources/source.ts';
import { type MemoryLog, memoryLog } from '../memory-log.ts';
import type { Chance } from './chance.ts';

/** A stream whose shards split, merge, and are made anew; what was ever put there is remembered. */
export class SimulatedLog {
  readonly log: MemoryLog;
  /** All lanes there ever were, parents before children. */
  readonly lanes: string[] = [];
  readonly #parents = new Map<string, readonly string[]>();
  readonly #records = new Map<string, readonly LogRecord[]>();
  readonly #open = new Set<string>();
  readonly #gone = new Set<string>();
  readonly #name: string;
  readonly #chance: Chance;

  constructor(name: string, shards: number, clock: () => number, chance: Chance) {
    this.#name = name;
    this.#chance = chance;
    this.log = memoryLog(clock);
    for (let n = 0; n < shards; n++) this.#add([]);
  }

  put(data: string | Uint8Array, arrivalTime: number): void {
    this.log.append(this.#chance.pick([...this.#open]), data, arrivalTime);
  }

  records(lane: string): readonly LogRecord[] {
    return this.#records.get(lane) ?? [];
  }

  parents(lane: string): readonly string[] {
    return this.#parents.get(lane) ?? [];
  }

  isGone(lane: string): boolean {
    return this.#gone.has(lane);
  }

  split(): void {
    const parent = this.#chance.pick([...this.#open]);
    this.#add([parent]);
    this.#add([parent]);
  }

  merge(): void {
    const open = [...this.#open];
    if (open.length < 2) return;
    const at = this.#chance.below(open.length - 1);
    this.#add(open.slice(at, at + 2));
  }

  /** Deletes the stream, whose records are lost to whoever has not read them, and makes it anew. */
  recreate(): void {
    for (const lane of this.lanes) {
      this.log.remove(lane);
      this.#gone.add(lane);
    }
    this.#open.clear();
    this.#add([]);
  }

  #add(parents: readonly string[]): void {
    const lane = `${this.#name}-${this.lanes.length}`;
    this.log.open(lane, parents);
    for (const parent of parents) this.#open.delete(parent);
    this.#open.add(lane);
    this.lanes.push(lane);
    this.#parents.set(lane, parents);
    this.#records.set(lane, this.log.records(lane));
  }
}
