import { storedJson } from '../schema/stored-json.ts';
import { checkInitial, stateText } from './state-text.ts';
import { calling, checkSynchronous } from './user-function.ts';

/**
 * How events become a state: what event sourcing calls the aggregate. The same one goes into a
 * pipeline (`keyed.evolve({ name: 'carts', ...cart })`) and over lists of events (`replay`, `history`).
 * A state is what JSON can hold.
 */
export interface Evolution<E, S> {
  /** What the first event of a key finds, and the first one after the key was deleted. */
  readonly initial: S;
  /**
   * The state after an event; `undefined` or `null` deletes the key. It is given a copy that it may
   * change, asks nothing but what it is given, and may be called again for the same event.
   */
  readonly apply: (state: S, event: E, at: AppliedAt) => S | null | undefined;
}

/** Where and when an event is applied. */
export interface AppliedAt {
  readonly key: string;
  /** Of the event, ms. */
  readonly time: number;
}

/** What one event did to its key. */
export interface AuditEntry<E, S> {
  readonly key: string;
  /** Of the event, ms. */
  readonly time: number;
  readonly event: E;
  /** `undefined`: there was no state. */
  readonly before: S | undefined;
  /** `undefined`: there is none any more. */
  readonly after: S | undefined;
  /** Above 0 where a late event came in before this one, so that what was told of it is told anew. */
  readonly revision: number;
}

/**
 * Checks an evolution and gives it its types: `evolution<CartEvent, Cart>({ initial, apply })`.
 *
 * @throws PlanError SETTING_INVALID
 */
export function evolution<E, S>({ initial, apply }: Evolution<E, S>): Evolution<E, S> {
  checkInitial('the initial state of an evolution', initial);
  checkSynchronous('apply of an evolution', apply, 'Give a function of the state and the event.');
  return Object.freeze({ initial, apply });
}

/** One event more: the next state as JSON, `undefined` if there is none. */
export type Applying = (
  json: string | undefined,
  event: unknown,
  at: AppliedAt,
) => string | undefined;

/** @throws PlanError SETTING_INVALID; what it gives throws UserFunctionError */
export function applying<E, S>(given: Evolution<E, S>, stage?: string): Applying {
  const { initial, apply } = evolution(given);
  const begins = stateText(initial);
  return (json, event, at) =>
    calling({ name: 'apply', stage, time: at.time }, () => {
      const state = apply(storedJson(json ?? begins) as S, event as E, at);
      return state === undefined || state === null ? undefined : stateText(state);
    });
}

/**
 * Reads states that are told one after the other, each once: the state after an event is the one before
 * the next. Whoever is told one shares it with others.
 */
export function stateReader(): (json: string | undefined) => unknown {
  let [last, before] = [NO_STATE, NO_STATE];
  return (json) => {
    if (json === last.json) return last.state;
    if (json === before.json) return before.state;
    before = last;
    last = json === undefined ? NO_STATE : { json, state: storedJson(json) };
    return last.state;
  };
}

interface ReadState {
  readonly json: string | undefined;
  readonly state: unknown;
}

const NO_STATE: ReadState = { json: undefined, state: undefined };
