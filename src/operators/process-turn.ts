import { storedJson } from '../schema/stored-json.ts';
import { seeded } from '../seeded.ts';
import { type EventTimeLike, toEventTime } from '../time/event-time.ts';
import { hash64 } from './hash64.ts';
import type { ProcessContext, ProcessDefinition, SideOutputs } from './process-context.ts';
import { copyOf, stateText } from './state-text.ts';
import type { Timer, Timers } from './timers.ts';
import { failed, type TimedCall } from './user-function.ts';

/** Where what the functions do takes effect. */
export interface Effects {
  readonly timers: Timers;
  read(): string | undefined;
  write(json: string | undefined): void;
  tell(time: number, value: unknown, tag?: string): void;
}

/** The context of the functions of a process, from one call to the next. */
export interface ProcessTurn {
  readonly context: ProcessContext<unknown, unknown, SideOutputs, unknown>;
  /** What is done from now on is done by this call. */
  begin(call: TimedCall): void;
}

/** Made of closures, so that its functions may be taken out of the context. */
export function processTurn(
  { stage, initial, tags, functions }: ProcessDefinition,
  key: string,
  effects: Effects,
): ProcessTurn {
  const { timers } = effects;
  let call: TimedCall = { name: 'onEvent', stage, time: Number.NEGATIVE_INFINITY };
  /** Which one of its instant it is. */
  let number = 0;
  let chance: (() => number) | undefined;
  const timerAt = (time: EventTimeLike, name = ''): Timer => {
    const at = toEventTime(time);
    if (at === undefined) throw failed(call, 'names a time of a timer that is no instant');
    return { time: Math.max(at, call.time), name: String(name) };
  };
  return {
    begin(next) {
      number = next.time === call.time ? number + 1 : 0;
      chance = undefined;
      call = next;
    },
    context: {
      key,
      get time() {
        return call.time;
      },
      state: {
        get() {
          const json = effects.read() ?? initial;
          return json === undefined ? undefined : storedJson(json);
        },
        set: (value) => effects.write(stateText(value)),
        clear: () => effects.write(undefined),
      },
      emit: (value) => effects.tell(call.time, copyOf(value)),
      emitTo(tag, value) {
        if (!tags.includes(tag)) throw failed(call, 'has a side output that tags does not name');
        effects.tell(call.time, copyOf(value), tag);
      },
      setTimer(time, name) {
        if (!functions.onTimer) throw failed(call, 'sets a timer where there is no onTimer');
        timers.set(timerAt(time, name));
      },
      deleteTimer: (time, name) => timers.delete(timerAt(time, name)),
      random() {
        chance ??= seeded(seedOf([stage, key, call.time, number]));
        return chance();
      },
    },
  };
}

const encoder = new TextEncoder();

const seedOf = (parts: readonly unknown[]): number =>
  hash64(encoder.encode(JSON.stringify(parts)), 0).low;
