/** How often something happens lately: a count a second over the last few. */
export class Rate {
  readonly #spanMs: number;
  readonly #counts: { readonly at: number; count: number }[] = [];

  constructor(spanMs = 5_000) {
    this.#spanMs = spanMs;
  }

  add(count: number, at: number): void {
    const last = this.#counts.at(-1);
    if (last !== undefined && at - last.at < BIN_MS) last.count += count;
    else this.#counts.push({ at, count });
    this.#forget(at);
  }

  perSecond(now: number): number {
    this.#forget(now);
    const sum = this.#counts.reduce((all, { count }) => all + count, 0);
    return (sum * 1_000) / this.#spanMs;
  }

  #forget(now: number): void {
    while ((this.#counts[0]?.at ?? now) < now - this.#spanMs) this.#counts.shift();
  }
}

const BIN_MS = 250;
