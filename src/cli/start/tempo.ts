import type { Speed } from './options.ts';

/** How fast events are played, which may change while they are. */
export class Tempo {
  #speed: Speed;
  #paused = false;
  #change = new AbortController();

  constructor(speed: Speed) {
    this.#speed = speed;
  }

  get speed(): Speed {
    return this.#speed;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Aborts at the next change; another one then stands for the change after it. */
  get change(): AbortSignal {
    return this.#change.signal;
  }

  play(speed: Speed): void {
    this.#set(speed, this.#paused);
  }

  pause(paused: boolean): void {
    this.#set(this.#speed, paused);
  }

  #set(speed: Speed, paused: boolean): void {
    if (speed === this.#speed && paused === this.#paused) return;
    this.#speed = speed;
    this.#paused = paused;
    const before = this.#change;
    this.#change = new AbortController();
    before.abort();
  }
}
