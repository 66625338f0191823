/** An event on its way to the log. Times in ms. */
interface Underway {
  readonly arrivalTime: number;
  readonly line: string;
}

/**
 * Lines in the order in which they arrive, of events that are given in the order in which they happen:
 * those of one instant in the order in which they were given.
 */
export class Arrivals {
  /** By the ms in which they arrive. */
  readonly #underway = new Map<number, string[]>();
  readonly #arrived: (line: string) => void;
  #now: number | undefined;

  constructor(arrived: (line: string) => void) {
    this.#arrived = arrived;
  }

  /** An event that happens at `time`, after all before it, and arrives later, in whole ms. */
  add(time: number, { arrivalTime, line }: Underway): void {
    this.#until(time);
    const lines = this.#underway.get(arrivalTime);
    if (lines) lines.push(line);
    else this.#underway.set(arrivalTime, [line]);
  }

  /** All that is still underway arrives. */
  end(): void {
    const left = [...this.#underway.keys()].sort((a, b) => a - b);
    for (const at of left) this.#release(at);
  }

  #until(time: number): void {
    this.#now ??= time;
    for (; this.#now < time; this.#now++) this.#release(this.#now);
  }

  #release(at: number): void {
    for (const line of this.#underway.get(at) ?? []) this.#arrived(line);
    this.#underway.delete(at);
  }
}
