/** What a run is told from outside; time is wall time in ms. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  readonly screen: typeof process.stdout;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
}
