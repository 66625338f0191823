import type { Random } from '../../src/cli/start/random.ts';
import type { FunctionProcess } from '../../src/runtime/local/function-process.ts';

/** One kill, and what it hit. */
export interface Kill {
  readonly pid: number;
  /** The process was there just before. */
  readonly wasAlive: boolean;
  /** What was in flight and never answered: 'gather', 'fire' or 'tick'. */
  readonly rejected: string[];
}

/** So many signs of life pass before a kill, at most: each is one write, or one piece of work done. */
const SIGNS_MAX = 20;
const DELAY_MAX_MS = 5;

/** Kills a function's process at points that are drawn from a seed. */
export class Killer {
  readonly kills: Kill[] = [];
  readonly #sandbox: FunctionProcess;
  readonly #random: Random;
  /** How many signs of life are left until the next kill; `undefined`: none is planned. */
  #signsLeft: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(sandbox: FunctionProcess, random: Random) {
    this.#sandbox = sandbox;
    this.#random = random;
    // The function tells of every write that came back and of every batch that is done.
    sandbox.onMessage(() => this.#heard());
  }

  /** A kill is planned, and has not happened yet. */
  get armed(): boolean {
    return this.#signsLeft !== undefined;
  }

  /** Plans a kill, after a few more signs of life and a moment. */
  arm(): void {
    this.#signsLeft = 1 + Math.floor(this.#random() * SIGNS_MAX);
  }

  /** Calls the function, and notes whether a kill came in between. */
  readonly invoke = async (event: unknown): Promise<unknown> => {
    const killsBefore = this.kills.length;
    try {
      return await this.#sandbox.invoke(event);
    } catch (error) {
      if (isDeath(error)) this.kills[killsBefore]?.rejected.push(workOf(event));
      throw error;
    }
  };

  #heard(): void {
    if (this.#signsLeft === undefined || this.#timer !== undefined) return;
    // What a dying process has said before its end is no sign of the next one.
    if (this.#sandbox.pid() === undefined) return;
    this.#signsLeft -= 1;
    if (this.#signsLeft > 0) return;
    this.#timer = setTimeout(() => this.#kill(), this.#random() * DELAY_MAX_MS);
  }

  #kill(): void {
    const pid = this.#sandbox.pid() ?? 0;
    this.kills.push({ pid, wasAlive: isRunning(pid), rejected: [] });
    this.#sandbox.kill();
    this.#timer = undefined;
    this.#signsLeft = undefined;
  }
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

function workOf(event: unknown): string {
  const { Records = [] } = event as { Records?: readonly { eventSource: string }[] };
  const source = Records[0]?.eventSource;
  if (source === undefined) return 'tick';
  return source === 'aws:kinesis' ? 'gather' : 'fire';
}
