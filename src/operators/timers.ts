import { type Codec, numberCodec } from '../schema/codec.ts';

/** An instant at which a key wants to be called. Of one name and one instant there is one at most. */
export interface Timer {
  /** ms. */
  readonly time: number;
  /** Empty unless it was given one. */
  readonly name: string;
}

/** The timers of a key, in the order in which they fire: by time, then by name. */
export class Timers {
  readonly #sorted: Timer[];

  constructor(sorted: readonly Timer[]) {
    this.#sorted = [...sorted];
  }

  get all(): readonly Timer[] {
    return this.#sorted;
  }

  get first(): Timer | undefined {
    return this.#sorted[0];
  }

  /** Removes the first one, if it is before this instant. */
  takeBefore(time: number): Timer | undefined {
    const { first } = this;
    return first !== undefined && first.time < time ? this.#sorted.shift() : undefined;
  }

  set(timer: Timer): void {
    const place = this.#placeOf(timer);
    if (!same(this.#sorted[place], timer)) this.#sorted.splice(place, 0, timer);
  }

  delete(timer: Timer): void {
    const place = this.#placeOf(timer);
    if (same(this.#sorted[place], timer)) this.#sorted.splice(place, 1);
  }

  /** Where it is, or would be. */
  #placeOf(timer: Timer): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.#sorted[middle] as Timer, timer)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const isBefore = (a: Timer, b: Timer): boolean =>
  a.time < b.time || (a.time === b.time && a.name < b.name);

const same = (a: Timer | undefined, b: Timer): boolean => a?.time === b.time && a.name === b.name;

/** Times in full: they may lie further from their slot than a difference can say. */
export const timersCodec: Codec<readonly Timer[]> = {
  write(timers, to, slot) {
    to.unsigned(timers.length);
    for (const { time, name } of timers) {
      numberCodec.write(time, to, slot);
      to.text(name);
    }
  },
  read: (from, slot) =>
    from.list(() => ({
      time: numberCodec.read(from, slot),
      name: from.text(),
    })),
};
