/** Where a command writes; `process.stdout` is one. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** All that a command has of the world outside. */
export interface Terminal {
  /** For what was asked for. */
  readonly out: Screen;
  /** For what is told on the way. */
  readonly err: Screen;
  /** A clock, ms; only differences count. */
  readonly now: () => number;
  /** Aborts when the command shall end. */
  readonly signal: AbortSignal;
}
