/** Seconds of CPU that this process uses, all of its threads, while it is asked to look. */
export class CpuClock {
  #seconds = 0;

  /** Counts what is used until `run` is done. */
  async during<T>(run: () => Promise<T>): Promise<T> {
    const before = process.cpuUsage();
    try {
      return await run();
    } finally {
      const { user, system } = process.cpuUsage(before);
      this.#seconds += (user + system) / 1e6;
    }
  }

  get seconds(): number {
    return this.#seconds;
  }
}
