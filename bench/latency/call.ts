import type { Percentiles } from '../percentiles.ts';

/** What a child is to run. */
export interface LatencyCall {
  /** Events a second. */
  readonly rate: number;
  /** How long they are put. */
  readonly seconds: number;
  /** And for how long before, ms: those windows are not measured, as connections are opened and code is compiled. */
  readonly warmUpMs: number;
  readonly shards: number;
  /** How long a shard or the control table without news is left alone, ms. */
  readonly pollMs: number;
  readonly kinesisEndpoint: string;
  readonly dynamodbEndpoint: string;
}

/** The parts of the way of a row, one after the other: they add up to `total`. */
export const STAGES = ['delivered', 'gathered', 'told', 'fired', 'total'] as const;

export type Stage = (typeof STAGES)[number];

/** What one run came to. ms. */
export interface LatencyMeasured {
  readonly rows: number;
  readonly windows: number;
  readonly stages: Readonly<Record<Stage, Percentiles>>;
  /** The steps of the engine, by their names, each with its calls of the store. */
  readonly steps: Readonly<Record<string, Percentiles>>;
  /** Batches of 100 over a store in memory. */
  readonly engine: EngineShare;
  readonly roundTrips: RoundTrips;
}

export interface EngineShare {
  readonly gather: Percentiles;
  /** All buckets of the slot that the batch has closed. */
  readonly fire: Percentiles;
  readonly both: Percentiles;
}

/** Calls of the store and of the sink that follow one another. */
export interface RoundTrips {
  /** From the delivery of a batch until all buckets know what it has closed. */
  readonly gather: number;
  /** From there until the rows are written. */
  readonly fire: number;
}
