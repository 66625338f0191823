import type { Evolution } from '../operators/evolution.ts';
import type { ProcessFunctions, SideOutputs } from '../operators/process-context.ts';
import type { JoinInterval } from './joined.ts';
import type { SideSinkPlan } from './plan.ts';

/** How a stage is stored and run. */
export interface StageOptions {
  /**
   * The state is stored under it, so that it outlives refactoring. Default: the words of stream,
   * window and aggregate, such as `clicks-tumbling-5m-count`.
   */
  readonly name?: string;
  /** How many parts of the key space fire in parallel, 1 to 1,024. Default 4. */
  readonly buckets?: number;
  /**
   * The grid of event time on which windows close, ms. Default: the windows' own ends; a second where
   * these lie on no grid of at least 100 ms.
   */
  readonly resolution?: number;
  /** How many keys are written to the sink at a time, 1 to 10,000. Default 500. */
  readonly keysPerChunk?: number;
}

/** What a stage that remembers does with late events: they are dropped and counted, or kept here too. */
export interface LateOptions {
  readonly sideOutput?: SideSinkPlan;
}

/** Which events are the same, and for how long. */
export interface DedupeOptions<T> extends StageOptions, LateOptions {
  /** What two events have in common that are the same: text of 1 to 1,024 bytes, or a number. */
  readonly by: (event: T) => string | number;
  /** How long after an event that is kept others of its id are dropped, ms, up to 100 years. */
  readonly within: number;
}

/** A state machine for each key. See ProcessContext for what its functions can do. */
export interface ProcessOptions<T, Out, S, Side extends SideOutputs, Unset>
  extends StageOptions,
    LateOptions,
    ProcessFunctions<T, Out, S, Side, Unset> {
  readonly name: string;
  /** What `state.get()` gives where nothing was set. */
  readonly initial?: S;
  /** The names of the side outputs. */
  readonly tags?: readonly (keyof Side & string)[];
}

/** An evolution as a stage. */
export interface EvolveOptions<T, S> extends StageOptions, LateOptions, Evolution<T, S> {
  readonly name: string;
  /**
   * How long after its time an event is still put in its place, ms: the states after it are made anew,
   * and what comes of it is told as the next change. The events of so long a time are kept with the
   * state of their key. Default 0: late events are dropped and counted.
   */
  readonly allowedLateness?: number;
}

/** How the rows of a group are held. */
export interface GroupOptions extends StageOptions {
  /**
   * How many rows a group may have where the aggregate cannot take back what was added, such as `min`,
   * `distinct` and `collect`: then all of them are held. Beyond it there is a LimitError. Default 10,000.
   */
  readonly max?: number;
}

/**
 * How far apart the events of a join may be, and how it is stored and run. Its grid of event time is 1 s,
 * unless `resolution` says otherwise.
 */
export type JoinOptions = StageOptions &
  JoinInterval & {
    /**
     * Keeps events that are too late for any partner, as `lateEvents('late-orders')`; they are counted in
     * any case.
     */
    readonly sideOutput?: SideSinkPlan;
  };

/** How a table is stored and run. */
export type TableOptions = StageOptions;
