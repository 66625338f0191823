/** What decides whether two outputs are the same output, whoever computed them and how often. */
export interface OutputIdentity {
  readonly stage: string;
  readonly bucket: number;
  /** The slot of event time whose firing made it, ms. */
  readonly slot: number;
  readonly chunk: number;
  readonly key: string;
  readonly index: number;
}

/** One result of one window. */
export interface Output<V = unknown> extends OutputIdentity {
  readonly windowStart: number;
  /** Exclusive, ms. */
  readonly windowEnd: number;
  readonly value: V;
  /** 0 is the first result of the window, 1.. are updates of it. */
  readonly revision: number;
  /** What the revision before said. */
  readonly old?: V;
  /** The window is not complete yet. */
  readonly early?: boolean;
  /** The window is no more, and its row with it: a late event made it part of another one. */
  readonly retracted?: boolean;
  /** Orders the outputs of one row: the same output has the same position, a later one a greater. */
  readonly position: string;
  /** True if no later output can ever replace this row: the same row always has the same content. */
  readonly final: boolean;
}

/**
 * Takes outputs, any of them any number of times, in any order, and shows each once. Returns when
 * all are durable; after an error any subset may be.
 */
export interface Sink {
  write(outputs: readonly Output[]): Promise<void>;
  /** This sink for the length of one invocation: once `signal` aborts, nothing more is written. */
  until(signal: AbortSignal): Sink;
}
