import { setImmediate as soon } from 'node:timers/promises';

/**
 * Counts calls that follow one another: all that wait at a time are let through together, once nobody
 * asks for another one, which is one round.
 */
export class RoundsOfCalls {
  #waiting: (() => void)[] = [];
  #rounds = 0;

  /** So far. */
  get count(): number {
    return this.#rounds;
  }

  /** A call that takes a round. */
  async call<T>(run: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return run();
  }

  /** Lets calls through until `work` is done. */
  async during(work: Promise<void>): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    // Whatever follows from the calls of a round has happened when its turn comes.
    for (await soon(); !isDone; await soon()) this.#round();
    await done;
  }

  #round(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length > 0) this.#rounds++;
    for (const go of waiting) go();
  }
}
