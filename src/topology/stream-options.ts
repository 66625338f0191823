import type { Schema, StandardSchemaV1 } from '../schema/standard-schema.ts';
import type { EventTimeLike } from '../time/event-time.ts';
import type { BadRecordPolicy } from './plan.ts';

/**
 * What a stream's events look like, what counts as their time, and how they come. Durations in ms.
 *
 * `timestamp` is a function for the time at which an event happened, which gives the same results
 * whenever and however often the stream is read. `'arrival'` is the time at which the log took it, and
 * `'processing'` the time at which it is processed.
 */
export type StreamOptions<S extends Schema> =
  | EventTimeOptions<S>
  | ArrivalTimeOptions<S>
  | ProcessingTimeOptions<S>;

interface AnyTimeOptions<S extends Schema> {
  /** Any Standard Schema; events have its output type. */
  readonly schema: S;
  /** What becomes of a record that cannot be read or processed. Default `'deadLetter'`. */
  readonly onBadRecord?: BadRecordPolicy;
}

/** Events have the time at which they happened. */
export interface EventTimeOptions<S extends Schema> extends AnyTimeOptions<S> {
  /** When the event happened. */
  readonly timestamp: (event: StandardSchemaV1.InferOutput<S>) => EventTimeLike;
  /**
   * How far behind the newest event of its shard an event may come and still be in order. It is
   * always named: too small drops late events, too great delays every result by as much.
   */
  readonly outOfOrderness: number;
  /**
   * How far after its arrival an event may claim to have happened; later ones are dead letters, so
   * that one broken clock cannot make everybody else late. Default one minute.
   */
  readonly maxFutureSkew?: number;
  /**
   * The longest time from an event to its arrival in the log, if the producers can promise one: it
   * closes the last windows of a stream that has gone quiet. Default: no promise.
   */
  readonly maxDelay?: number;
}

/** Events have the time at which the log took them: Kinesis' approximate arrival timestamp. */
export interface ArrivalTimeOptions<S extends Schema> extends AnyTimeOptions<S> {
  readonly timestamp: 'arrival';
  /** How far the arrival times of a shard may go back. Default one second: they are approximate. */
  readonly outOfOrderness?: number;
  /** The longest time until a record that has arrived can be read. Default five seconds. */
  readonly maxDelay?: number;
}

/**
 * Events have the time at which the engine processes them: the same for all of a batch, and never
 * late. Each counts once, but at another time if the stream is read again: results differ from run
 * to run.
 */
export interface ProcessingTimeOptions<S extends Schema> extends AnyTimeOptions<S> {
  readonly timestamp: 'processing';
}
