import type { EventTimeLike } from '../time/event-time.ts';
import type { Timer } from './timers.ts';

/** The named side outputs of a process, with the type of what goes there. */
export type SideOutputs = Readonly<Record<string, unknown>>;

/**
 * What a key remembers: a value that JSON can hold. `get` gives a copy; what is changed in it counts
 * when it is `set`. All of what a key remembers, its timers included, fits in 390 KB.
 */
export interface KeyState<S, Unset = undefined> {
  /** As it was set last; before that, and after `clear`, `initial`, or `undefined` where there is none. */
  get(): S | Unset;
  /** Remembers it, in place of what was there. @throws NotStorableError */
  set(value: S): void;
  /** Nothing is remembered any more; timers stay. */
  clear(): void;
}

/**
 * What the functions of a process have to do with, for one key at one instant. There is no clock and
 * no chance but these, so that a slot that is fired again does the same again. Its functions may be
 * taken out of it: `onEvent({ key, emit }, event)`.
 */
export interface ProcessContext<
  Out = unknown,
  S = unknown,
  Side extends SideOutputs = Record<never, never>,
  Unset = undefined,
> {
  readonly key: string;
  /** Of the event or the timer, ms. It never goes back for a key. */
  readonly time: number;
  readonly state: KeyState<S, Unset>;
  /** Tells a result of this time: a copy of what JSON can hold. @throws NotStorableError */
  emit(value: Out): void;
  /** The same to a side output. */
  emitTo<Tag extends keyof Side & string>(tag: Tag, value: Side[Tag]): void;
  /**
   * Calls `onTimer` at this instant: after all events of the key up to it, before all later ones. An
   * instant that has passed counts as now. There is one timer for a name and an instant, however
   * often it is set.
   */
  setTimer(time: EventTimeLike, name?: string): void;
  /** Takes back a timer that has not fired. */
  deleteTimer(time: EventTimeLike, name?: string): void;
  /** From 0 up to, not including, 1: the same numbers for the same key, instant and call of a function. */
  random(): number;
}

/** The functions of a process. Both answer at once, and neither asks anything but its context. */
export interface ProcessFunctions<T, Out, S, Side extends SideOutputs, Unset> {
  /** Called for each event of a key in event time; for those of one time in the order of the log. */
  onEvent(context: ProcessContext<Out, S, Side, Unset>, event: T): void;
  /** Called for each timer once. */
  onTimer?(context: ProcessContext<Out, S, Side, Unset>, timer: Timer): void;
}

/** A state machine of an author, with what it is called. */
export interface ProcessDefinition {
  readonly stage: string;
  /** As JSON; `undefined`: there is none. */
  readonly initial: string | undefined;
  /** The names of its side outputs. */
  readonly tags: readonly string[];
  readonly functions: ProcessFunctions<unknown, unknown, unknown, SideOutputs, unknown>;
}
