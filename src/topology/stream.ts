import type { AnyAggregate } from '../operators/aggregate.ts';
import type { ApproximateDistinctOptions } from '../operators/approximate-distinct.ts';
import type { Combined, Parts } from '../operators/combined.ts';
import type { CustomAggregate } from '../operators/custom.ts';
import type { HeldOptions } from '../operators/distinct.ts';
import type { AuditEntry, Evolution } from '../operators/evolution.ts';
import type { ProcessFunctions, SideOutputs } from '../operators/process-context.ts';
import type { Quantiles, QuantilesOptions } from '../operators/quantiles.ts';
import type { ReduceOptions } from '../operators/reduce.ts';
import type { Scalar } from '../operators/scalar.ts';
import type { Ranked, TopKOptions } from '../operators/top-k.ts';
import type { VarianceOptions } from '../operators/variance.ts';
import type { Schema, StandardSchemaV1 } from '../schema/standard-schema.ts';
import type { WindowKind } from '../windows/window.ts';
import type { Joined, JoinInterval, OuterJoined } from './joined.ts';
import type { LookedUp, LookupOptions, RowsOf } from './lookup.ts';
import type { Plan, SideSinkPlan, SinkPlan } from './plan.ts';
import type { StreamOptions } from './stream-options.ts';

/** An endless sequence of events. Every method returns a new stream; nothing runs while building. */
export interface Stream<T> {
  /** Keeps the events that pass. */
  filter<S extends T>(predicate: (event: T) => event is S): Stream<S>;
  filter(predicate: (event: T) => boolean): Stream<T>;
  /** Makes another event of each; it keeps its time. */
  map<U>(change: (event: T) => U): Stream<U>;
  /** Makes any number of events of each; they keep its time. */
  flatMap<U>(change: (event: T) => Iterable<U>): Stream<U>;
  /** Keeps these properties of each event, and no others. */
  project<const K extends keyof T & string>(...names: readonly K[]): Stream<Pick<T, K>>;
  /** Looks at each event, possibly more than once, and changes nothing. */
  peek(look: (event: T) => void): Stream<T>;
  /** One stream for each predicate, with the events that pass it and none before it; the last one has the rest. */
  branch(...predicates: readonly ((event: T) => boolean)[]): readonly Stream<T>[];
  /** The events of all of them. */
  merge<U>(...others: readonly Stream<U>[]): Stream<T | U>;
  /**
   * Keeps the first event of each id in event time, and drops those up to `within` after it; one exactly
   * so long after it is dropped too. Events are kept as JSON keeps them.
   */
  dedupe(options: DedupeOptions<T>): Stream<T>;
  /**
   * Each event with the row that a table which others keep has for it now: looked up while events are
   * gathered, once for a batch, and kept with the event from there on. Results differ from run to run
   * as the table does. `undefined`: there is no row.
   */
  lookup<R>(
    rows: RowsOf<R>,
    options: LookupOptions<T> & { readonly required: true },
  ): Stream<LookedUp<T, R>>;
  lookup<R>(rows: RowsOf<R>, options: LookupOptions<T>): Stream<LookedUp<T, R | undefined>>;
  /** Groups the events: what follows happens for each key by itself. Keys are text of 1 to 1,024 bytes; numbers become text. */
  keyBy(key: (event: T) => string | number): KeyedStream<T>;
  /** Ends the pipeline: events go there, each as it comes. */
  to(sink: SinkPlan): Plan;
  /** The type of one event, for `typeof stream.type`; there is no value. */
  readonly type?: T;
}

/** A stream in groups by key. */
export interface KeyedStream<T> {
  window(window: WindowKind): WindowedStream<T>;
  /**
   * A state machine for each key, with timers in event time. The types are named, `process<Alert>({...})`,
   * or said of the context, `onEvent(context: ProcessContext<Alert, number>, event)`.
   */
  process<Out = unknown, S = unknown, Side extends SideOutputs = Record<never, never>>(
    options: ProcessOptions<T, Out, S, Side, never> & { readonly initial: S },
  ): Processed<Out, Side>;
  process<Out = unknown, S = unknown, Side extends SideOutputs = Record<never, never>>(
    options: ProcessOptions<T, Out, S, Side, undefined>,
  ): Processed<Out, Side>;
  /** Event sourcing: a state for each key, made of its events in event time. */
  evolve<S>(options: EvolveOptions<T, S>): Evolved<S, T>;
  /** The row that the latest event of each key makes; `undefined` or `null`: the row is deleted. */
  toTable<V>(
    options: TableOptions & { readonly row: (event: T) => V | null | undefined },
  ): Table<V>;
  /** The latest event of each key, in event time, as its row. */
  toTable(options?: TableOptions): Table<T>;
  /**
   * Every pair of an event of this stream and one of the other that have the same key and happened near
   * enough to each other: `orders.join(payments, { after: HOURS })`. It happened when the later one did.
   */
  join<R>(right: KeyedStream<R>, options: JoinOptions): Stream<Joined<T, R>>;
  /** And every event of this stream that finds no partner, once none can come any more. */
  leftJoin<R>(right: KeyedStream<R>, options: JoinOptions): Stream<Joined<T, R | null>>;
  /** The pairs, and every event of the other stream that finds no partner. */
  rightJoin<R>(right: KeyedStream<R>, options: JoinOptions): Stream<Joined<T | null, R>>;
  /** The pairs, and every event of either that finds no partner. */
  outerJoin<R>(right: KeyedStream<R>, options: JoinOptions): Stream<OuterJoined<T, R>>;
  /**
   * Each event with the row that the table had for its key when the event happened: the latest version
   * at or before it. An event without one is left out. It is told when both streams have passed it, so
   * a quiet table needs a `maxDelay`.
   */
  joinAsOf<V>(table: Table<V>, options?: StageOptions & LateOptions): Stream<Joined<T, V>>;
  /** The same, but an event without a row is told too, with `null`. */
  leftJoinAsOf<V>(
    table: Table<V>,
    options?: StageOptions & LateOptions,
  ): Stream<Joined<T, V | null>>;
}

/** What a stage that remembers does with late events: they are dropped and counted, or kept here too. */
export interface LateOptions {
  readonly sideOutput?: SideSinkPlan;
}

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

/** What a process emits, as a stream, and what it emits besides. */
export interface Processed<Out, Side extends SideOutputs> extends Stream<Out> {
  /** @throws PlanError NAME_INVALID if `tags` does not name it */
  sideOutput<Tag extends keyof Side & string>(tag: Tag): Stream<Side[Tag]>;
}

export interface EvolveOptions<T, S> extends StageOptions, LateOptions, Evolution<T, S> {
  readonly name: string;
  /**
   * How long after its time an event is still put in its place, ms: the states after it are made anew,
   * and what comes of it is told as the next change. The events of so long a time are kept with the
   * state of their key. Default 0: late events are dropped and counted.
   */
  readonly allowedLateness?: number;
}

/** The state of each key as a table. */
export interface Evolved<S, T> extends Table<S> {
  /**
   * What each event did, as a stream. An event that came late is told when it is known, and so is, as
   * a revision, each event after it that has other states now.
   */
  audit(): Stream<AuditEntry<T, S>>;
}

export type TableOptions = StageOptions;

/**
 * Rows by key, as they change: what a stream says, seen as a state. A table has no late events: a
 * change that comes late takes its place in event time, and changes nothing if a later one is known.
 */
export interface Table<V> {
  /** The changes, as a stream. */
  changes(): Stream<RowChange<V>>;
  /** Ends the pipeline: the rows are kept there, one a key, deleted ones marked. */
  to(sink: SinkPlan): Plan;
  /** The type of one row, for `typeof table.type`; there is no value. */
  readonly type?: V;
}

/** What happened to a row. */
export interface RowChange<V> {
  readonly key: string;
  /** The row as it is now; `undefined`: it is deleted. */
  readonly value: V | undefined;
  /** As it was; `undefined`: there was none. */
  readonly old: V | undefined;
}

/** How a stage is stored and run. */
export interface StageOptions {
  /**
   * The state is stored under it, so that it outlives refactoring. Default: the words of stream,
   * window and aggregate, such as `clicks-tumbling-5m-count`.
   */
  readonly name?: string;
  /** How many parts of the key space fire in parallel, 1 to 1,024. Default 4. */
  readonly buckets?: number;
  /** The grid of event time on which windows close, ms. Default: the windows' own ends. */
  readonly resolution?: number;
  /** How many keys are written to the sink at a time, 1 to 10,000. Default 500. */
  readonly keysPerChunk?: number;
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

/**
 * Windows of a keyed stream, waiting for what is to be computed in each. The aggregates of the same
 * names say what each one means and costs.
 */
export interface WindowedStream<T> {
  /**
   * Takes events up to this much after the end of their window, ms: each slot of them makes a revision
   * of the window's result, with the old value beside the new one. Default 0: late events are dropped
   * and counted.
   */
  allowedLateness(durationMs: number): WindowedStream<T>;
  /** Keeps events that are too late for all of their windows in a sink of their own; they are counted too. */
  sideOutput(sink: SideSinkPlan): WindowedStream<T>;
  /** Tells what open windows have so far, every so often in event time, as early results. */
  emit(early: { readonly every: number }): WindowedStream<T>;
  count(options?: StageOptions): Results<number>;
  sum(of: (event: T) => number, options?: StageOptions): Results<number>;
  /** Of decimals given as text, to the last digit. */
  sumDecimal(of: (event: T) => string | bigint, options?: StageOptions): Results<string>;
  min(of: (event: T) => number, options?: StageOptions): Results<number>;
  max(of: (event: T) => number, options?: StageOptions): Results<number>;
  average(of: (event: T) => number, options?: StageOptions): Results<number>;
  variance(of: (event: T) => number, options?: StageOptions & VarianceOptions): Results<number>;
  standardDeviation(
    of: (event: T) => number,
    options?: StageOptions & VarianceOptions,
  ): Results<number>;
  /** How many different values, exactly. */
  distinct(of: (event: T) => Scalar, options?: StageOptions & HeldOptions): Results<number>;
  /** About how many different values, in bounded space. */
  approximateDistinct(
    of: (event: T) => Scalar,
    options?: StageOptions & ApproximateDistinctOptions,
  ): Results<number>;
  /** The `k` most frequent values, or those of the greatest weight, greatest first. */
  topK<V extends Scalar>(
    k: number,
    of: (event: T) => V,
    options?: StageOptions & TopKOptions<T>,
  ): Results<readonly Ranked<V>[]>;
  /** `quantiles([0.5, 0.99], (e) => e.durationMs)` gives `{ '0.5': 12, '0.99': 80 }`. */
  quantiles<const Q extends number>(
    wanted: readonly Q[],
    of: (event: T) => number,
    options?: StageOptions & QuantilesOptions,
  ): Results<Quantiles<Q>>;
  /** All events, or a value of each, in event-time order. */
  collect(options?: StageOptions & HeldOptions): Results<readonly T[]>;
  collect<V>(of: (event: T) => V, options?: StageOptions & HeldOptions): Results<readonly V[]>;
  /** The events made one, two at a time, in event-time order. */
  reduce(combine: (left: T, right: T) => T, options?: StageOptions & ReduceOptions): Results<T>;
  /** Several at once: `{ n: count(), revenue: sum((e) => e.amount) }`, and the stage has a name. */
  aggregate<P extends Parts<T>>(
    parts: P,
    options: StageOptions & { readonly name: string },
  ): Results<Combined<P>>;
  /** Any aggregate, such as `first((e) => e.page)`. */
  aggregate<Out>(aggregate: AnyAggregate<T, Out>, options?: StageOptions): Results<Out>;
  /** One of your own; it has a `name`, or the stage has. */
  aggregate<Acc, Out>(custom: CustomAggregate<T, Acc, Out>, options?: StageOptions): Results<Out>;
}

/** One result of one window of one key, which happens at its last instant. Times in ms; `windowEnd` is not included. */
export interface WindowResult<V> {
  readonly key: string;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly value: V;
}

/** The results of all windows, each once, when its window has closed: a stream like any other. */
export type Results<V> = Stream<WindowResult<V>>;

/** The beginning of a pipeline. */
export interface PipelineBuilder {
  stream<S extends Schema>(
    name: string,
    options: StreamOptions<S>,
  ): Stream<StandardSchemaV1.InferOutput<S>>;
}
