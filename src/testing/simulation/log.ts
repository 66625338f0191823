import type { LogRecord } from '../../sources/source.ts';
import { type MemoryLog, memoryLog } from '../memory-log.ts';
import type { Chance } from './chance.ts';

/** A stream whose shards split, merge, and are made anew; what was ever put there is remembered. */
export class SimulatedLog {
  readonly log: MemoryLog;
  /** All lanes there ever were, parents before children. */
  readonly lanes: string[] = [];
  readonly #parents = new Map<string, readonly string[]>();
  readonly #records = new Map<string, LogRecord[]>();
  /** How many records of a lane have been handed to anybody. */
  readonly #delivered = new Map<string, number>();
  readonly #open = new Set<string>();
  readonly #gone = new Set<string>();
  /** Where records are that were put again. */
  readonly #copies = new Set<string>();
  #hasLostShards = false;
  readonly #name: string;
  readonly #chance: Chance;

  constructor(name: string, shards: number, clock: () => number, chance: Chance) {
    this.#name = name;
    this.#chance = chance;
    this.log = memoryLog(clock);
    for (let n = 0; n < shards; n++) this.#add([]);
  }

  /** Returns the shard that took it. */
  put(data: string | Uint8Array, arrivalTime: number): string {
    const lane = this.#chance.pick([...this.#open]);
    this.log.append(lane, data, arrivalTime);
    return lane;
  }

  putAgain(lane: string, data: string, arrivalTime: number): void {
    this.#copies.add(this.log.append(lane, data, arrivalTime).position);
  }

  isCopy(position: string): boolean {
    return this.#copies.has(position);
  }

  /** The open shard that takes what this one took: itself, or one that continues it. */
  heirOf(lane: string): string | undefined {
    if (this.#gone.has(lane)) return undefined;
    if (this.#open.has(lane)) return lane;
    const children = this.lanes.filter((one) => this.parents(one).includes(lane));
    const heirs = children.flatMap((child) => this.heirOf(child) ?? []);
    return heirs.length === 0 ? undefined : this.#chance.pick(heirs);
  }

  /** Some shard left before the stream did, read or not. */
  get hasLostShards(): boolean {
    return this.#hasLostShards;
  }

  records(lane: string): readonly LogRecord[] {
    return this.#records.get(lane) ?? [];
  }

  parents(lane: string): readonly string[] {
    return this.#parents.get(lane) ?? [];
  }

  /** How many shards there have been one after the other, at most. */
  get generations(): number {
    return Math.max(...this.lanes.map((lane) => this.#generation(lane)));
  }

  isGone(lane: string): boolean {
    return this.#gone.has(lane);
  }

  /** Records up to the n-th have been handed out: whatever befalls the shard, they may be committed. */
  delivered(lane: string, count: number): void {
    this.#delivered.set(lane, Math.max(count, this.#delivered.get(lane) ?? 0));
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

  /** Retention takes a closed shard, read or not. */
  expireShard(): void {
    const closed = this.lanes.filter((lane) => !this.#open.has(lane) && !this.#gone.has(lane));
    if (closed.length === 0) return;
    const lane = this.#chance.pick(closed);
    this.#hasLostShards = true;
    this.#lose(lane, Number.POSITIVE_INFINITY);
    this.log.remove(lane);
    this.#gone.add(lane);
  }

  /** Retention takes records that nobody has read. */
  expireRecords(): void {
    this.#lose(this.#chance.pick(this.lanes), 1 + this.#chance.below(3));
  }

  #generation(lane: string): number {
    return 1 + Math.max(0, ...this.parents(lane).map((parent) => this.#generation(parent)));
  }

  #lose(lane: string, count: number): void {
    this.#records.get(lane)?.splice(this.#delivered.get(lane) ?? 0, count);
  }

  #add(parents: readonly string[]): void {
    const lane = `${this.#name}-${this.lanes.length}`;
    this.log.open(lane, parents);
    for (const parent of parents) this.#open.delete(parent);
    this.#open.add(lane);
    this.lanes.push(lane);
    this.#parents.set(lane, parents);
    this.#records.set(lane, this.log.records(lane) as LogRecord[]);
  }
}
