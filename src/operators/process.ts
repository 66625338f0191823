import { TimerLoopError } from '../errors.ts';
import { type Codec, NUMBER_BYTES_MAX, numberCodec, textBytesMax } from '../schema/codec.ts';
import { slotCovering } from '../time/slot.ts';
import { eventOf, inOrder, type Kept, keptCodec, keptEvents } from './kept.ts';
import {
  AT_ITS_OWN_TIME,
  type Fired,
  instant,
  type Operator,
  type Result,
  type Whose,
} from './operator.ts';
import type { ProcessDefinition } from './process-context.ts';
import { processTurn } from './process-turn.ts';
import { type Timer, Timers, timersCodec } from './timers.ts';
import { type Call, calling } from './user-function.ts';

/** What a key remembers from slot to slot. */
export interface ProcessState {
  /** What was set, as JSON; `undefined`: nothing. */
  readonly json: string | undefined;
  readonly timers: readonly Timer[];
  /** An instant at which the engine was asked to look again; it asks for the rest then. */
  readonly asked: number | undefined;
  /** How many timers have fired since the input is over. */
  readonly afterEnd: number;
}

const NOTHING: ProcessState = { json: undefined, timers: [], asked: undefined, afterEnd: 0 };

/** More timers at one instant of a key, or after the last event of all, are taken to be endless. */
const FIRINGS_MAX = 10_000;

/** A keyed state machine: events and timers of a key in event time. */
export const keyedProcess = (
  definition: ProcessDefinition,
): Operator<unknown, Kept[], ProcessState> => ({
  name: 'process',
  ...AT_ITS_OWN_TIME,
  emits: 'events',
  authored: [definition.functions.onEvent, definition.functions.onTimer, definition.initial],
  lastLook: (eventTime) => eventTime,
  ...keptEvents,
  codec: keptCodec,
  firing: {
    kind: 'keyed',
    stateCodec,
    stateBytesMax,
    fire(state = NOTHING, events, slot, resolutionMs, whose) {
      const firing = new ProcessFiring(definition, state, whose);
      for (const event of [...events].sort(inOrder)) {
        firing.timersBefore(event.time);
        firing.event(event);
      }
      firing.timersBefore(slot);
      return firing.fired(slot, resolutionMs);
    },
  },
});

/** One key on its way through one slot. */
class ProcessFiring {
  readonly #definition: ProcessDefinition;
  readonly #before: ProcessState;
  readonly #whose: Whose;
  readonly #timers: Timers;
  readonly #results: Result[] = [];
  readonly #turn;
  #json: string | undefined;
  #afterEnd: number;
  /** When the last timer was, and how many have fired then. */
  #last = Number.NEGATIVE_INFINITY;
  #atOnce = 0;

  constructor(definition: ProcessDefinition, state: ProcessState, whose: Whose) {
    this.#definition = definition;
    this.#before = state;
    this.#whose = whose;
    this.#timers = new Timers(state.timers);
    this.#json = state.json;
    this.#afterEnd = whose.inputEnded ? state.afterEnd : 0;
    this.#turn = processTurn(definition, whose.key, {
      timers: this.#timers,
      read: () => this.#json,
      write: (json) => {
        this.#json = json;
      },
      tell: (time, value, tag) => {
        const which = tag === undefined ? {} : { tag };
        this.#results.push({ ...instant(time), ...which, value, revision: 0, final: true });
      },
    });
  }

  event(kept: Kept): void {
    const { functions } = this.#definition;
    this.#call('onEvent', kept.time, () => functions.onEvent(this.#turn.context, eventOf(kept)));
  }

  timersBefore(time: number): void {
    const { functions } = this.#definition;
    for (;;) {
      const timer = this.#timers.takeBefore(time);
      if (timer === undefined) return;
      this.#count(timer);
      this.#call('onTimer', timer.time, () => functions.onTimer?.(this.#turn.context, timer));
    }
  }

  fired(slot: number, resolutionMs: number): Fired<ProcessState> {
    const { all: timers, first } = this.#timers;
    if (this.#json === undefined && first === undefined) {
      return { results: this.#results, state: undefined, timers: [] };
    }
    const { asked } = this.#before;
    // One look is asked for at a time: when it comes, it asks for the next.
    const isAsked = asked !== undefined && slotCovering(asked, resolutionMs) > slot;
    const isEnough =
      first === undefined ||
      (isAsked && slotCovering(asked, resolutionMs) <= slotCovering(first.time, resolutionMs));
    const state = { json: this.#json, timers: [...timers], afterEnd: this.#afterEnd };
    return isEnough
      ? {
          results: this.#results,
          state: { ...state, asked: isAsked ? asked : undefined },
          timers: [],
        }
      : { results: this.#results, state: { ...state, asked: first.time }, timers: [first.time] };
  }

  #call(name: Call['name'], time: number, run: () => void): void {
    const call = { name, stage: this.#definition.stage, time };
    this.#turn.begin(call);
    calling(call, run);
  }

  /** @throws TimerLoopError */
  #count({ time }: Timer): void {
    this.#atOnce = time === this.#last ? this.#atOnce + 1 : 1;
    this.#last = time;
    if (this.#whose.inputEnded) this.#afterEnd += 1;
    const { stage } = this.#definition;
    if (this.#atOnce > FIRINGS_MAX) throw endless(`at ${new Date(time).toISOString()}`, stage);
    if (this.#afterEnd > FIRINGS_MAX) throw endless('after the last event of all', stage);
  }
}

const endless = (when: string, stage: string): TimerLoopError =>
  new TimerLoopError(
    `timers of a key of stage ${stage} have fired ${FIRINGS_MAX} times ${when} and go on`,
    { hint: 'Set the next timer only while there is something to wait for, and later than now.' },
  );

const stateBytesMax = ({ json = '', timers }: ProcessState): number =>
  timers.reduce((sum, { name }) => sum + NUMBER_BYTES_MAX + textBytesMax(name), 0) +
  textBytesMax(json) +
  4 * NUMBER_BYTES_MAX;

const stateCodec: Codec<ProcessState> = {
  write({ json, timers, asked, afterEnd }, to, slot) {
    to.text(json ?? '');
    timersCodec.write(timers, to, slot);
    to.byte(asked === undefined ? 0 : 1);
    if (asked !== undefined) numberCodec.write(asked, to, slot);
    to.unsigned(afterEnd);
  },
  read(from, slot) {
    const json = from.text();
    const timers = timersCodec.read(from, slot);
    const asked = from.byte() === 1 ? numberCodec.read(from, slot) : undefined;
    return { json: json === '' ? undefined : json, timers, asked, afterEnd: from.unsigned() };
  },
};
