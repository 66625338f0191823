import type { Codec } from '../schema/codec.ts';
import type { Shape } from '../schema/shape.ts';

/** How often an operator is looked at that has something to look at between window ends, ms. */
export const DEFAULT_RESOLUTION_MS = 1_000;

/**
 * The times of an operator that looks at an event in the slot that it happened in, and remembers what it
 * needs of it in the state of the key.
 */
export const AT_ITS_OWN_TIME = {
  resolutionMs: DEFAULT_RESOLUTION_MS,
  segmentSpanMs: 0,
  reachMs: 0,
  lookBackMs: 0,
  firstLook: (eventTime: number): number => eventTime,
} as const;

/** The same where an event matters for ever: none is late. */
export const NEVER_LATE = {
  ...AT_ITS_OWN_TIME,
  lastLook: (): number => Number.POSITIVE_INFINITY,
} as const;

/** Where an event stood in its log: puts events of equal time in an order that no batch can change. */
export interface Origin {
  readonly lane: string;
  readonly position: string;
  readonly index: number;
}

/**
 * One result of a key. Times in ms; `windowEnd` is not included. What is of no window is of the instant
 * at which it happened: see `instant`.
 */
export interface Result<V = unknown> {
  readonly windowStart: number;
  readonly windowEnd: number;
  /** Of an operator with several kinds of results; what has a tag is an event, whatever `emits` says. */
  readonly tag?: string;
  readonly value: V;
  /** 0 is the first result, 1.. are updates of it. */
  readonly revision: number;
  /** What the revision before said. */
  readonly old?: unknown;
  /** The window is not complete yet. */
  readonly early?: boolean;
  /** What it told of is no more: a deleted row, or a window that a late event made part of another one. */
  readonly retracted?: boolean;
  /** Another event has the very same one: rows of windows have it already, and pass this one over. */
  readonly repeats?: boolean;
  /** No later result can replace this one. */
  readonly final: boolean;
}

/** An instant, as the window of what happened there. */
export const instant = (time: number): Pick<Result, 'windowStart' | 'windowEnd'> => ({
  windowStart: time,
  windowEnd: time + 1,
});

/** What an event tells, once and for good. Field by field: most results of a busy stage are such. */
export const happened = (time: number, value: unknown): Result => ({
  windowStart: time,
  windowEnd: time + 1,
  value,
  revision: 0,
  final: true,
});

/** When a result happened, in event time: that of a window at its last instant. */
export const timeOf = ({ windowEnd }: Pick<Result, 'windowEnd'>): number => windowEnd - 1;

/** What a key is left with after a slot. */
export interface Fired<State> {
  readonly results: readonly Result[];
  /** `undefined`: there is nothing to remember. */
  readonly state: State | undefined;
  /** Instants after this slot at which the key must be looked at again, ms. */
  readonly timers: readonly number[];
}

/**
 * A stateful operator, as the engine runs it: pure, and the same wherever it runs. Gathering folds
 * the events of one attempt into a contribution for each slot and key; firing merges what all
 * attempts contributed to a closed slot, and makes results of it.
 *
 * An instant t is looked at in the slot that covers it, so that firing sees all events up to t. A
 * contribution may be changed and returned by `add` and `merge`; `merge` is associative and
 * commutative.
 */
export interface Operator<In = unknown, Contribution = unknown, State = unknown> {
  /** In words, for people, for names of stages and for the fingerprint. */
  readonly name: string;
  /** The grid on which it needs to be looked at, unless the author names another, ms. */
  readonly resolutionMs: number;
  /** How far apart the slots of one segment may be, ms. */
  readonly segmentSpanMs: number;
  /** How long after its own time an event can matter at most, ms. */
  readonly reachMs: number;
  /** How far back contributions of earlier slots are still needed when a slot fires, ms. */
  readonly lookBackMs: number;
  /** In which slots its contributions are filed, if not as its name has always meant: for the fingerprint. */
  readonly filing?: string;
  /** What its results without a tag are. Default `windows`. */
  readonly emits?: Shape;
  /**
   * What decides what it tells and does not show in its name: functions and values of the author. For
   * whoever asks whether two plans would tell the same; stored state outlives a change of it.
   */
  readonly authored?: readonly unknown[];
  /** It can take results that are told anew: what was told before is taken back. Default false. */
  readonly retracts?: boolean;
  /** How far behind the beginning of the slot that tells it a result may have happened, ms. Default 0. */
  readonly outputDelayMs?: number;
  /** The instant at which an event is first looked at, ms. */
  firstLook(eventTime: number, side: number): number;
  /** The last instant at which it can still matter: later, it is late. Infinity: it never is. */
  lastLook(eventTime: number, side: number): number;
  create(): Contribution;
  /** Throws without having changed anything if the event cannot be added. */
  add(
    contribution: Contribution,
    event: In,
    eventTime: number,
    origin: Origin,
    side: number,
  ): Contribution;
  merge(contribution: Contribution, other: Contribution): Contribution;
  readonly codec: Codec<Contribution>;
  readonly firing: SlotFiring<Contribution> | KeyedFiring<Contribution, State> | NoFiring;
}

/** Nothing is kept, so there is nothing to fire. */
export interface NoFiring {
  readonly kind: 'none';
}

/** Results come from the contributions alone: nothing is remembered from slot to slot. */
export interface SlotFiring<Contribution> {
  readonly kind: 'slot';
  /** The first instant, from this one on, at which it may have something to tell, ms. */
  nextLook(time: number): number;
  /** Of the contributions of one key from `lookBackMs` before the slot up to it; changes none of them. */
  results(
    contributions: readonly Contribution[],
    slot: number,
    resolutionMs: number,
  ): readonly Result[];
}

/** Each key has a state, and goes through its slots one after the other. */
export interface KeyedFiring<Contribution, State> {
  readonly kind: 'keyed';
  fire(
    state: State | undefined,
    contribution: Contribution,
    slot: number,
    resolutionMs: number,
    whose: Whose,
  ): Fired<State>;
  readonly stateCodec: Codec<State>;
  /**
   * How many bytes `stateCodec` writes of a state at most, which it does without fail. Only where a state that
   * was made never changes: neither `fire` nor whoever takes the results can do that. Such states go on from
   * slot to slot as they are; others are written at each slot, and read anew.
   */
  stateBytesMax?(state: State): number;
}

/** The key that is fired. */
export interface Whose {
  readonly key: string;
  /** The input is over: nothing but timers can come any more. Decides nothing but whether they may go on. */
  readonly inputEnded: boolean;
}

/** What the results of an operator are: all of them, or those of a tag. */
export const shapeOf = ({ emits = 'windows' }: Pick<Operator, 'emits'>, tag?: string): Shape =>
  tag === undefined ? emits : 'events';
