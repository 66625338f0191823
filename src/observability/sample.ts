/** The most values that one metric may have in a line (CloudWatch, embedded metric format). */
const VALUES_MAX = 100;

/**
 * Values of which at most 100 are kept: when there are more, every second one is left out, evenly over
 * time. The least and the greatest stay.
 */
export class Sample {
  #kept: number[];
  /** Of so many values one is kept. */
  #every = 1;
  #seen = 1;
  #least: number;
  #greatest: number;

  constructor(first: number) {
    this.#kept = [first];
    this.#least = first;
    this.#greatest = first;
  }

  add(value: number): void {
    this.#least = Math.min(this.#least, value);
    this.#greatest = Math.max(this.#greatest, value);
    if (this.#seen++ % this.#every !== 0) return;
    this.#kept.push(value);
    // Two places are left for the least and the greatest.
    if (this.#kept.length <= VALUES_MAX - 2) return;
    this.#kept = this.#kept.filter((_, n) => n % 2 === 0);
    this.#every *= 2;
  }

  values(): readonly number[] {
    const kept = new Set(this.#kept);
    const ends = [...new Set([this.#least, this.#greatest])];
    return [...this.#kept, ...ends.filter((end) => !kept.has(end))];
  }
}
