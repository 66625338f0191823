import type { Shape } from '../schema/shape.ts';

/** What decides whether two outputs are the same output, whoever computed them and how often. */
export interface OutputIdentity {
  readonly stage: string;
  readonly bucket: number;
  /** The slot of event time whose firing made it, ms. */
  readonly slot: number;
  /** The group of keys that is told together; NO_CHUNK for what goes on while it is gathered. */
  readonly chunk: number;
  readonly key: string;
  readonly index: number;
}

/** One result, as a row: of a window, of a key, or of itself alone. */
export interface Output<V = unknown> extends OutputIdentity {
  /** What makes the row: key and `windowStart`, the key, or key and `position`. */
  readonly shape: Shape;
  /** ms; of what has no window, when it happened. */
  readonly windowStart: number;
  /** Exclusive, ms. */
  readonly windowEnd: number;
  readonly value: V;
  /** 0 is the first result of the row, 1.. are updates of it. */
  readonly revision: number;
  /** What the revision before said. */
  readonly old?: V;
  /** The window is not complete yet. */
  readonly early?: boolean;
  /** The row is no more: deleted, or its window is part of another one now. */
  readonly retracted?: boolean;
  /** Orders the outputs of one row: the same output has the same position, a later one a greater. */
  readonly position: string;
  /** True if no later output can ever replace this row: the same row always has the same content. */
  readonly final: boolean;
}

/** Of outputs that no firing has made: each goes on as its record is gathered, in whatever batch. */
export const NO_CHUNK = -1;

/**
 * Takes outputs, any of them any number of times, in any order, and shows each once. Returns when
 * all are durable; after an error any subset may be.
 *
 * Those of a chunk always come together and in the same order, whoever computed them; and the chunks of
 * a bucket one after the other, the next one once the one before was taken.
 */
export interface Sink {
  /** Takes outputs of any stages. Throws UnavailableError where trying again may help. */
  write(outputs: readonly Output[]): Promise<void>;
  /** This sink for the length of one invocation: once `signal` aborts, nothing more is written. */
  until(signal: AbortSignal): Sink;
  /** This sink, telling what each write costs in DynamoDB's write units; left out by one that costs nothing. */
  metered?(spent: (writeUnits: number) => void): Sink;
}
