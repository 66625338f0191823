import { UnavailableError } from '../../errors.ts';
import type { Chance } from './chance.ts';
import type { FaultKind, Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

/** The process of an invocation died: nothing after this line of it runs. */
export class Crash extends Error {}

/** What the world does to the requests of one invocation. */
export interface Invocation {
  /**
   * One request: it takes time, and what can go wrong with it may. `run` does it, at once; `once` says
   * that it must not be sent again.
   */
  request<T>(name: string, run: () => Promise<T>, kinds?: RequestKinds): Promise<T>;
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
  readonly faults: () => Faults;
  readonly injected: (kind: FaultKind, where: string) => void;
  /** What goes on after the invocation has ended. */
  readonly detached: (work: Promise<unknown>) => void;
}

const REQUEST_MS = 8;
const SLOW_MS = 20_000;
const MUCH_LATER_MS = 120_000;

export function invocation(options: InvocationOptions): Invocation {
  const { scheduler, chance, faults, injected, detached } = options;
  let dead = false;
  const alive = (): void => {
    if (dead) throw new Crash('the process is gone');
  };
  const happens = (kind: FaultKind, where: string): boolean => {
    if (!chance.happens(faults()[kind])) return false;
    injected(kind, where);
    return true;
  };
  const crash = (): never => {
    dead = true;
    throw new Crash('the process died');
  };
  return {
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
      if (happens('throttle', name)) throw unavailable('throttled');
      if (sink && happens('sinkFails', name)) throw unavailable('the sink is away');
      if (writes && happens('lateWrite', name)) {
        const later = scheduler.sleep(chance.below(MUCH_LATER_MS)).then(run);
        detached(later.catch(() => undefined));
        throw unavailable('timed out');
      }
      const result = await run();
      if (writes && happens('lostReply', name)) throw unavailable('the reply is lost');
      if (!writes || !happens('repeated', name)) return result;
      await scheduler.sleep(chance.below(REQUEST_MS));
      return run();
    },
  };
}

const unavailable = (what: string): UnavailableError => new UnavailableError(what);
