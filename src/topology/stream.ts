import type { AnyAggregate } from '../operators/aggregate.ts';
import type { ApproximateDistinctOptions } from '../operators/approximate-distinct.ts';
import type { Combined, Parts } from '../operators/combined.ts';
import type { CustomAggregate } from '../operators/custom.ts';
import type { HeldOptions } from '../operators/distinct.ts';
import type { AuditEntry } from '../operators/evolution.ts';
import type { SideOutputs } from '../operators/process-context.ts';
import type { Quantiles, QuantilesOptions } from '../operators/quantiles.ts';
import type { ReduceOptions } from '../operators/reduce.ts';
import type { Scalar } from '../operators/scalar.ts';
import type { Ranked, TopKOptions } from '../operators/top-k.ts';
import type { VarianceOptions } from '../operators/variance.ts';
import type { Schema, StandardSchemaV1 } from '../schema/standard-schema.ts';
import type { WindowKind } from '../windows/window.ts';
import type { Joined, OuterJoined } from './joined.ts';
import type { LookedUp, LookupOptions, RowsOf } from './lookup.ts';
import type {
  DedupeOptions,
  EvolveOptions,
  GroupOptions,
  JoinOptions,
  LateOptions,
  ProcessOptions,
  StageOptions,
  TableOptions,
} from './options.ts';
import type { Plan, SideSinkPlan, SinkPlan } from './plan.ts';
import type { Pointer, RowChange } from './row-change.ts';
import type { StreamOptions } from './stream-options.ts';
import type { WindowResult } from './window-result.ts';

/** An endless sequence of events. Every method returns a new stream; nothing runs while building. */
export interface Stream<T> {
  /** Keeps the events that pass. */
  filter<S extends T>(predicate: (event: T) => event is S): Stream<S>;
  /** Keeps the events that pass, whose type stays. */
  filter(predicate: (event: T) => boolean): Stream<T>;
  /** Makes another event of each; it keeps its time. */
  map<U>(change: (event: T) => U): Stream<U>;
  /** Makes any number of events of each; they keep its time. */
  flatMap<U>(change: (event: T) => Iterable<U>): Stream<U>;
  /** Keeps these properties of each event, and no others. */
  project<const K extends keyof T & string>(...names: readonly K[]): Stream<Pick<T, K>>;
  /** Looks at each event, possibly more than once, and changes nothing. */
  peek(look: (event: T) => void): Stream<T>;
  /**
   * One stream for each predicate, with the events that pass it and none before it; the last one has the rest.
   *
   * @typeParam P - the predicates
   */
  branch<const P extends readonly ((event: T) => boolean)[]>(...predicates: P): Branches<T, P>;
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
  /** As above; without `required` an event without a row goes on too. */
  lookup<R>(rows: RowsOf<R>, options: LookupOptions<T>): Stream<LookedUp<T, R | undefined>>;
  /** Groups the events: what follows happens for each key by itself. Keys are text of 1 to 1,024 bytes; numbers become text. */
  keyBy(key: (event: T) => string | number): KeyedStream<T>;
  /** Ends the pipeline: events go there, each as it comes. */
  to(sink: SinkPlan): Plan;
  /** The type of one event, for `typeof stream.type`; there is no value. */
  readonly type?: T;
}

/** A stream for each predicate, and one for the rest. */
export type Branches<T, P extends readonly unknown[]> = readonly [
  ...{ readonly [N in keyof P]: Stream<T> },
  Stream<T>,
];

/** A stream in groups by key. Its aggregates are tables, with a row for each key of all that has come so far. */
export interface KeyedStream<T> extends Aggregations<T, 'table'> {
  /** Cuts the events of each key into windows of event time. */
  window(window: WindowKind): WindowedStream<T>;
  /**
   * A state machine for each key, with timers in event time. The types are named, `process<Alert>({...})`,
   * or said of the context, `onEvent(context: ProcessContext<Alert, number>, event)`.
   */
  process<Out = unknown, S = unknown, Side extends SideOutputs = Record<never, never>>(
    options: ProcessOptions<T, Out, S, Side, never> & { readonly initial: S },
  ): Processed<Out, Side>;
  /** As above, with a state that is `undefined` until it is set. */
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

/** What a process emits, as a stream, and what it emits besides. */
export interface Processed<Out, Side extends SideOutputs> extends Stream<Out> {
  /** What it emits under this tag. @throws PlanError NAME_INVALID if `tags` does not name it */
  sideOutput<Tag extends keyof Side & string>(tag: Tag): Stream<Side[Tag]>;
}

/** The state of each key as a table. */
export interface Evolved<S, T> extends Table<S> {
  /**
   * What each event did, as a stream. An event that came late is told when it is known, and so is, as
   * a revision, each event after it that has other states now.
   */
  audit(): Stream<AuditEntry<T, S>>;
}

/**
 * Rows by key, as they change: what a stream says, seen as a state. A table has no late events: a
 * change that comes late takes its place in event time, and changes nothing if a later one is known.
 */
export interface Table<V> {
  /** The changes, as a stream. */
  changes(): Stream<RowChange<V>>;
  /** Ends the pipeline: the rows are kept there, one a key, deleted ones marked. */
  to(sink: SinkPlan): Plan;
  /** The rows that pass; one that passes no more is deleted. */
  filter<S extends V>(predicate: (row: V, key: string) => row is S): Table<S>;
  /** The rows that pass, whose type stays. */
  filter(predicate: (row: V, key: string) => boolean): Table<V>;
  /** Makes another row of each; of `null` and `undefined` none. The function must give the same for the same row. */
  mapValues<U>(change: (row: V, key: string) => U | null | undefined): Table<U>;
  /**
   * The rows in groups that they name themselves; one that names `null` or `undefined` is in none. A row
   * that changes leaves its old group and comes into its new one.
   */
  groupBy(group: (row: V, key: string) => Pointer): GroupedTable<V>;
  /** A row for each key that both tables have. */
  join<R>(other: Table<R>, options?: StageOptions): Table<Joined<V, R>>;
  /** A row for each key of this table; `right` is `null` where the other has none. */
  leftJoin<R>(other: Table<R>, options?: StageOptions): Table<Joined<V, R | null>>;
  /** A row for each key of either table; the side that has none is `null`. */
  outerJoin<R>(other: Table<R>, options?: StageOptions): Table<OuterJoined<V, R>>;
  /**
   * A row for each row of this table whose foreign key is a key of the other one; it changes when either
   * of them does, and is deleted with either.
   */
  joinOn<R>(
    other: Table<R>,
    foreignKey: (row: V, key: string) => Pointer,
    options?: StageOptions,
  ): Table<Joined<V, R>>;
  /** A row for each row of this table; `right` is `null` where its foreign key is none, or leads to none. */
  leftJoinOn<R>(
    other: Table<R>,
    foreignKey: (row: V, key: string) => Pointer,
    options?: StageOptions,
  ): Table<Joined<V, R | null>>;
  /** The type of one row, for `typeof table.type`; there is no value. */
  readonly type?: V;
}

/** The rows of a table in groups; each aggregate is a table with a row for each group that has rows. */
export type GroupedTable<V> = Aggregations<V, 'table', GroupOptions>;

/** Windows of a keyed stream, waiting for what is to be computed in each. */
export interface WindowedStream<T> extends Aggregations<T, 'windows'> {
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
}

/** What an aggregate gives: a result for each window, or a row for each key, unless that is `null`. */
export interface Made<V> {
  readonly windows: Results<V>;
  readonly table: Table<NonNullable<V>>;
}

/** What can be computed of events, or of rows. The aggregates of the same names say what each one means and costs. */
export interface Aggregations<T, K extends keyof Made<unknown>, O = StageOptions> {
  /** How many. Exact. */
  count(options?: O): Made<number>[K];
  /** Exact, rounded once; the order of events does not matter. */
  sum(of: (event: T) => number, options?: O): Made<number>[K];
  /** Of decimals given as text, to the last digit. */
  sumDecimal(of: (event: T) => string | bigint, options?: O): Made<string>[K];
  /** The least number. */
  min(of: (event: T) => number, options?: O): Made<number>[K];
  /** The greatest number. */
  max(of: (event: T) => number, options?: O): Made<number>[K];
  /** The exact sum by the count, rounded once. */
  average(of: (event: T) => number, options?: O): Made<number>[K];
  /** Of exactly these values, unless the options say that they are a sample. */
  variance(of: (event: T) => number, options?: O & VarianceOptions): Made<number>[K];
  /** The square root of the variance. */
  standardDeviation(of: (event: T) => number, options?: O & VarianceOptions): Made<number>[K];
  /** How many different values, exactly. */
  distinct(of: (event: T) => Scalar, options?: O & HeldOptions): Made<number>[K];
  /** About how many different values, in bounded space. */
  approximateDistinct(
    of: (event: T) => Scalar,
    options?: O & ApproximateDistinctOptions,
  ): Made<number>[K];
  /** The `k` most frequent values, or those of the greatest weight, greatest first. */
  topK<V extends Scalar>(
    k: number,
    of: (event: T) => V,
    options?: O & TopKOptions<T>,
  ): Made<readonly Ranked<V>[]>[K];
  /** `quantiles([0.5, 0.99], (e) => e.durationMs)` gives `{ '0.5': 12, '0.99': 80 }`. */
  quantiles<const Q extends number>(
    wanted: readonly Q[],
    of: (event: T) => number,
    options?: O & QuantilesOptions,
  ): Made<Quantiles<Q>>[K];
  /** All events, or a value of each, in event-time order. */
  collect(options?: O & HeldOptions): Made<readonly T[]>[K];
  /** A value of each event, in event-time order. */
  collect<V>(of: (event: T) => V, options?: O & HeldOptions): Made<readonly V[]>[K];
  /** The events made one, two at a time, in event-time order. */
  reduce(combine: (left: T, right: T) => T, options?: O & ReduceOptions): Made<T>[K];
  /** Several at once: `{ n: count(), revenue: sum((e) => e.amount) }`, and the stage has a name. */
  aggregate<P extends Parts<T>>(
    parts: P,
    options: O & { readonly name: string },
  ): Made<Combined<P>>[K];
  /** Any aggregate, such as `first((e) => e.page)`. */
  aggregate<Out>(aggregate: AnyAggregate<T, Out>, options?: O): Made<Out>[K];
  /** One of your own; it has a `name`, or the stage has. */
  aggregate<Acc, Out>(custom: CustomAggregate<T, Acc, Out>, options?: O): Made<Out>[K];
  /** Never to be called: for the compiler to say what is missing. */
  aggregate(parts: Parts<T> & NameMissing): never;
}

/** The results of all windows, each once, when its window has closed: a stream like any other. */
export interface Results<V> extends Stream<WindowResult<V>> {
  /**
   * The same as a table, whose key is `start#key`: the start of the window in ms, and the key. A result
   * that is told anew changes its row; a session that became part of another one is a deleted row.
   */
  asTable(): Table<WindowResult<V>>;
}

/** The beginning of a pipeline. */
export interface PipelineBuilder {
  /**
   * A stream that the pipeline reads, under the name that runtimes and deployments know it by.
   *
   * @throws PlanError NAME_INVALID, DURATION_INVALID, SCHEMA_INVALID, SETTING_INVALID
   */
  stream<S extends Schema>(
    name: string,
    options: StreamOptions<S>,
  ): Stream<StandardSchemaV1.InferOutput<S>>;
}

/** What the compiler says of several aggregates without a name. */
export interface NameMissing {
  readonly "the stage needs a name: aggregate({ ... }, { name: 'page-stats' })": never;
}
