import { UnavailableError } from '../../errors.ts';
import type { Chance } from './chance.ts';
import type { FaultKind } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

/** The process of an invocation died: nothing after this line of it runs. */
export class Crash extends Error {}

// Made once: where they are thrown says nothing, and finding it out takes longer than the request.
const DIED = new Crash('the process died');
const GONE = new Crash('the process is gone');
export const NOT_DEPLOYED = new Crash('nobody reads the stream yet');
export const TIMED_OUT = new Crash('timed out');
const THROTTLED = new UnavailableError('throttled');
const NO_REPLY = new UnavailableError('the reply is lost');
const NO_ANSWER = new UnavailableError('timed out');
const SINK_AWAY = new UnavailableError('the sink is away');

/** What the world does to the requests of one invocation. */
export interface Invocation {
  /**
   * One request: it takes time, and what can go wrong with it may. `run` does it, at once; `once` says
   * that it must not be sent again.
   */
  request<T>(name: string, run: () => Promise<T>, kinds?: RequestKinds): Promise<T>;
  /** Things that are sent at once, in the order in which they take effect. */
  shuffled<T>(all: readonly T[]): readonly T[];
  /** The process is killed: requests in flight may still arrive, no other is sent. */
  kill(): void;
}

export interface RequestKinds {
  /** It changes something. */
  readonly writes?: boolean;
  /** It goes to a sink. */
  readonly sink?: boolean;
}

export interface InvocationOptions {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly happens: (kind: FaultKind, where: string) => boolean;
  /** What goes on after the invocation has ended. */
  readonly detached: (work: Promise<unknown>) => void;
}

const REQUEST_MS = 8;
const SLOW_MS = 20_000;
const MUCH_LATER_MS = 120_000;

export function invocation(options: InvocationOptions): Invocation {
  const { scheduler, chance, happens, detached } = options;
  let dead = false;
  const alive = (): void => {
    if (dead) throw GONE;
  };
  const crash = (): never => {
    dead = true;
    throw DIED;
  };
  return {
    shuffled: (all) => (all.length > 1 ? shuffled(all, chance) : all),
    kill() {
      dead = true;
    },
    async request(name, run, { writes = false, sink = false } = {}) {
      alive();
      await scheduler.sleep(
        happens('slow', name) ? chance.below(SLOW_MS) : chance.below(REQUEST_MS),
      );
      alive();
      if (happens('crash', name)) {
        if (chance.happens(0.5)) return crash();
        await run();
        return crash();
      }
      if (happens('throttle', name)) throw THROTTLED;
      if (sink && happens('sinkFails', name)) throw SINK_AWAY;
      if (writes && happens('lateWrite', name)) {
        const later = scheduler.sleep(chance.below(MUCH_LATER_MS)).then(run);
        detached(later.catch(() => undefined));
        throw NO_ANSWER;
      }
      const result = await run();
      if (writes && happens('lostReply', name)) throw NO_REPLY;
      if (!writes || !happens('repeated', name)) return result;
      await scheduler.sleep(chance.below(REQUEST_MS));
      return run();
    },
  };
}

/** Fisher and Yates. */
function shuffled<T>(all: readonly T[], chance: Chance): T[] {
  const order = [...all];
  for (let n = order.length - 1; n > 0; n--) {
    const other = chance.below(n + 1);
    [order[n], order[other]] = [order[other] as T, order[n] as T];
  }
  return order;
}
