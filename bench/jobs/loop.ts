/** A job written by hand: no engine, no retries, everything in memory until the end. */
export interface Loop {
  on(event: never, time: number): void;
  end(): void;
}

/** How far behind the newest event one may come, ms. */
export const BOUND_MS = 5_000;

/** Says what is too late. */
export class Lateness {
  readonly #isLive: boolean;
  #newest = Number.NEGATIVE_INFINITY;

  /** Not live: nothing ever is. */
  constructor(isLive: boolean) {
    this.#isLive = isLive;
  }

  see(time: number): void {
    if (time > this.#newest) this.#newest = time;
  }

  /** What ends at `end`, not included, takes no events any more. */
  isOver(end: number): boolean {
    return this.#isLive && end <= this.#newest - BOUND_MS;
  }
}

export const floorTo = (time: number, step: number): number => time - (time % step);

export function counted<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function entryOf<K, V>(entries: Map<K, V>, key: K, make: () => V): V {
  let entry = entries.get(key);
  if (entry === undefined) {
    entry = make();
    entries.set(key, entry);
  }
  return entry;
}
