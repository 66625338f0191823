import type { Random } from '../../src/cli/start/random.ts';
import type { FunctionProcess } from '../../src/runtime/local/function-process.ts';
import type { Invoke } from '../../src/runtime/local/shard-poller.ts';

/** One kill, and what it hit. */
export interface Kill {
  readonly pid: number;
  /** The process was there just before. */
  readonly wasAlive: boolean;
  /** What was in flight and never answered. */
  readonly rejected: Work[];
}

export type Work = 'gather' | 'fire' | 'tick';

/** So many signs of life pass before a kill, at most: each is one write, or one piece of work done. */
const SIGNS_MAX = 20;
const DELAY_MAX_MS = 5;
/** A firing is a small part of the work: a kill left to chance alone would hardly ever meet one. */
const SHARE_OF_FIRINGS = 0.25;
/** A firing is a few writes, and soon over. */
const FIRING = { signs: 4, delayMs: 1 };

/** When a kill is to come. */
interface Planned {
  signsLeft: number;
  readonly delayMs: number;
  /** Only signs of this work are counted; `undefined`: of any. */
  readonly during: Work | undefined;
}

/** Kills a function's process at points that are drawn from a seed. */
export class Killer {
  readonly kills: Kill[] = [];
  readonly #sandbox: FunctionProcess;
  readonly #random: Random;
  readonly #inFlight: Work[] = [];
  #planned: Planned | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(sandbox: FunctionProcess, random: Random) {
    this.#sandbox = sandbox;
    this.#random = random;
    // The function tells of every write that came back and of every batch that is done.
    sandbox.onMessage(() => this.#heard());
  }

  /** A kill is planned, and has not happened yet. */
  get armed(): boolean {
    return this.#planned !== undefined;
  }

  /** Plans a kill, after a few more signs of life and a moment. */
  arm(): void {
    const firing = this.#random() < SHARE_OF_FIRINGS;
    const { signs, delayMs } = firing ? FIRING : { signs: SIGNS_MAX, delayMs: DELAY_MAX_MS };
    this.#planned = {
      signsLeft: 1 + Math.floor(this.#random() * signs),
      delayMs: this.#random() * delayMs,
      during: firing ? 'fire' : undefined,
    };
  }

  /** Nothing is planned any more. */
  disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#planned = undefined;
  }

  /** Calls the function, and notes whether a kill came in between. */
  readonly invoke = async (event: unknown): Promise<unknown> => {
    const killsBefore = this.kills.length;
    const work = workOf(event);
    this.#inFlight.push(work);
    try {
      return await this.#sandbox.invoke(event);
    } catch (error) {
      if (isDeath(error)) this.kills[killsBefore]?.rejected.push(work);
      throw error;
    } finally {
      this.#inFlight.splice(this.#inFlight.indexOf(work), 1);
    }
  };

  #heard(): void {
    const planned = this.#planned;
    if (planned === undefined || this.#timer !== undefined) return;
    // What a dying process has said before its end is no sign of the next one.
    if (this.#sandbox.pid() === undefined) return;
    if (planned.during !== undefined && !this.#inFlight.includes(planned.during)) return;
    planned.signsLeft -= 1;
    if (planned.signsLeft > 0) return;
    this.#timer = setTimeout(() => this.#kill(), planned.delayMs);
  }

  #kill(): void {
    const pid = this.#sandbox.pid() ?? 0;
    this.kills.push({ pid, wasAlive: isRunning(pid), rejected: [] });
    this.#sandbox.kill();
    this.#timer = undefined;
    this.#planned = undefined;
  }
}

/** Invocations go to one process after the other; a batch that comes again meets another one. */
export function inTurn(killers: readonly Killer[]): Invoke {
  let turn = 0;
  return async (event) => {
    turn += 1;
    return killers[turn % killers.length]?.invoke(event);
  };
}

/** Asked of the system at once: a look at all processes would delay the kill. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const isDeath = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('died (SIGKILL)');

function workOf(event: unknown): Work {
  const { Records = [] } = event as { Records?: readonly { eventSource: string }[] };
  const source = Records[0]?.eventSource;
  if (source === undefined) return 'tick';
  return source === 'aws:kinesis' ? 'gather' : 'fire';
}
