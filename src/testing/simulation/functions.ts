import { type Engine, engine, type Warm, warm } from '../../engine/engine.ts';
import type { Ports } from '../../engine/ports.ts';
import type { Observation } from '../../observability/observer.ts';
import { SECONDS } from '../../time/duration.ts';
import { type Plan, streamsOf } from '../../topology/plan.ts';
import type { Chance } from './chance.ts';
import type { FaultKind } from './faults.ts';
import { invocation, NOT_DEPLOYED, TIMED_OUT } from './invocation.ts';
import { simulatedPorts } from './ports.ts';
import type { Scheduler } from './scheduler.ts';
import { observationLine } from './trace-line.ts';

/** How long an invocation may take before it is given up. */
const TIMEOUT_MS = 60 * SECONDS;

export interface FunctionsOptions {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly ports: Ports;
  draws(kind: FaultKind, where: string): boolean;
  /** What goes on after an invocation has ended. */
  detach(work: Promise<unknown>): void;
  failed(error: unknown): void;
  /** `undefined`: nobody looks. */
  readonly trace: ((line: string) => void) | undefined;
}

/** The processes that run the engine: each remembers something, dies sometimes, and is replaced by a deployment. */
export class Functions {
  readonly #options: FunctionsOptions;
  #plan: Plan;
  #containers: Warm[] = [];
  /** They are being replaced: what was invoked comes to its end, and all else waits. */
  #halted = false;
  #underway = 0;

  constructor(plan: Plan, options: FunctionsOptions) {
    this.#plan = plan;
    this.#options = options;
  }

  /** Another plan from now on, in fresh processes. */
  async deploy(plan: Plan): Promise<void> {
    const { scheduler, trace } = this.#options;
    this.#halted = true;
    while (this.#underway > 0) await scheduler.runUntil(scheduler.now + SECONDS);
    this.#plan = plan;
    this.#containers = [];
    trace?.('deployed');
    this.#halted = false;
  }

  /** @throws Crash while no stage reads the stream, and so no mapping does */
  requireMapped(stream: string): void {
    if (!this.#plan.stages.some((stage) => streamsOf(stage).includes(stream))) throw NOT_DEPLOYED;
  }

  /** One invocation of a function: in a process that may remember something, for so long at most. */
  async invoke<T>(name: string, work: (engine: Engine, outOfTime: () => boolean) => Promise<T>) {
    const { scheduler, chance, draws, failed, trace } = this.#options;
    while (this.#halted) await scheduler.sleep(SECONDS);
    const one = invocation({
      scheduler,
      chance,
      happens: (kind, where) => draws(kind, `${name}: ${where}`),
      detached: (late) => this.#goesOn(late),
    });
    const started = scheduler.now;
    const skew = draws('clockSkew', name) ? chance.below(20 * SECONDS) - 10 * SECONDS : 0;
    const zombie = draws('zombie', name);
    const ports = simulatedPorts(this.#options.ports, one);
    const clock = () => scheduler.now + skew;
    const observe = (seen: Observation) => {
      if (seen.kind === 'failed') failed(seen.error);
      const line = trace && observationLine(seen);
      if (line !== undefined) trace?.(`${name}: ${line}`);
    };
    const running = engine(this.#plan, { ...ports, clock, observe }, this.#container(name));
    const leftMs = zombie ? chance.below(2 * SECONDS) : TIMEOUT_MS;
    const outOfTime = (): boolean => scheduler.now > started + leftMs;
    return new Promise<T>((resolve, reject) => {
      let ended = false;
      const end = (): void => {
        ended = true;
      };
      const result = work(running, outOfTime);
      result.then(resolve, reject).then(end);
      this.#goesOn(result.catch((error) => failed(error)));
      scheduler.sleep(leftMs).then(() => {
        if (ended) return;
        if (!zombie) one.kill();
        reject(TIMED_OUT);
      });
    });
  }

  #container(name: string): Warm {
    const { chance, draws } = this.#options;
    if (this.#containers.length === 0 || draws('coldStart', name)) {
      const fresh = warm(this.#plan);
      this.#containers = [...this.#containers.slice(-3), fresh];
      return fresh;
    }
    return chance.pick(this.#containers);
  }

  #goesOn(work: Promise<unknown>): void {
    this.#underway++;
    this.#options.detach(work.finally(() => this.#underway--));
  }
}
