import { expect } from 'vitest';
import { engine, warm } from '../../src/engine/engine.ts';
import type { Ports } from '../../src/engine/ports.ts';
import type { LookupTable, Plan } from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import type { Output, Sink } from '../../src/sinks/sink.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';
import { Crash, chaosStore, turns } from '../support/chaos.ts';
import type { Random } from '../support/random.ts';

export interface SmallWorldOptions {
  readonly chance: Random;
  /** Of one stream named `events` and one stage. */
  readonly plan: Plan;
  readonly lookups?: Readonly<Record<string, LookupTable>>;
  /** Another event each time. */
  readonly event: () => unknown;
  /** Something that happens beside, once a round. */
  readonly beside?: () => void;
  /** How far apart the clocks of machines are, ms. */
  readonly skewMs?: number;
}

const ROUNDS = 15;
const SECONDS = 1_000;

/**
 * One stage over a few lanes, where work happens in any order, comes again and dies at any line, each
 * time in a process that remembers nothing, or what it has learnt. In the end all is delivered and all windows are closed.
 */
export class SmallWorld {
  readonly store = memoryStore({ pageSize: 3 });
  readonly sink = memorySink();
  readonly deadLetters = memoryDeadLetters();
  readonly log = memoryLog(() => this.now);
  now = 1_000_000_000;

  readonly #options: SmallWorldOptions;
  readonly #turns;
  readonly #warm;
  readonly #failures: unknown[] = [];
  readonly #contents = new Map<string, string>();
  /** How far each lane was read by somebody who did not die of it. */
  readonly #checkpoints = new Map<string, number>();
  #crashes = 0.05;

  constructor(options: SmallWorldOptions) {
    this.#options = options;
    this.#turns = turns(options.chance);
    this.#warm = warm(options.plan);
    for (let n = options.chance.pick([1, 2, 3]); n > 0; n--) {
      this.log.open(`lane-${n}`);
      this.#checkpoints.set(`lane-${n}`, 0);
    }
  }

  async run(): Promise<void> {
    const { chance, event, beside } = this.#options;
    for (let round = 0; round < ROUNDS; round++) {
      this.now += chance.below(2 * SECONDS);
      for (let i = chance.below(6); i > 0; i--) {
        this.log.append(chance.pick(this.lanes), JSON.stringify(event()), this.now);
      }
      beside?.();
      const work = Array.from({ length: 1 + chance.below(6) }, () => this.#something());
      await this.#turns.run(work);
    }
    this.#crashes = 0;
    for (let round = 0; round < 5; round++) {
      for (const lane of this.lanes) await this.#turns.run([this.#deliver(lane, true)]);
      this.now += 60 * SECONDS;
      await this.#turns.run([this.#engine().tick(() => false)]);
    }
    expect([this.#failures, this.deadLetters.letters()]).toEqual([[], []]);
  }

  /** Faults are over. */
  get isCalm(): boolean {
    return this.#crashes === 0;
  }

  get lanes(): string[] {
    return [...this.#checkpoints.keys()];
  }

  /** What was put into the log. */
  events(): unknown[] {
    return this.lanes.flatMap((lane) =>
      this.log.records(lane).map(({ data }) => JSON.parse(Buffer.from(data).toString())),
    );
  }

  lateCount(): number {
    const lanes = [...this.store.items('control')].filter(({ sk }) => sk.startsWith('lane#'));
    return lanes.reduce((sum, { late }) => sum + Number(late), 0);
  }

  async #something(): Promise<void> {
    const { chance, plan } = this.#options;
    const [stage] = plan.stages;
    try {
      const what = chance.next();
      if (what < 0.6) await this.#deliver(chance.pick(this.lanes));
      else if (what < 0.85) {
        const bucket = chance.below(stage?.buckets ?? 1);
        await this.#engine().fire(stage?.name ?? '', bucket, () => false);
      } else await this.#engine().tick(() => false);
    } catch (error) {
      if (!(error instanceof Crash) && !(error as { retryable?: boolean }).retryable) throw error;
    }
  }

  /** A batch from anywhere up to the checkpoint, as redeliveries come. */
  async #deliver(lane: string, all = false): Promise<void> {
    const { chance } = this.#options;
    const records = this.log.records(lane);
    const checkpoint = this.#checkpoints.get(lane) ?? 0;
    const from = chance.chance(0.3) ? chance.below(checkpoint + 1) : checkpoint;
    const to = all ? records.length : Math.min(records.length, from + 1 + chance.below(6));
    if (from >= to) return;
    await this.#engine().gather('events', lane, records.slice(from, to));
    this.#checkpoints.set(lane, Math.max(checkpoint, to));
  }

  /** Its clock is ahead of the others or behind them, and goes on while it works. */
  #engine() {
    const { chance, plan, lookups = {}, skewMs = 0 } = this.#options;
    const skew = chance.below(skewMs + 1) - skewMs / 2;
    const sink = plan.stages[0]?.outputs[0]?.sink.name ?? '';
    const ports: Ports = {
      store: chaosStore(this.store, { chance, turns: this.#turns, crashes: () => this.#crashes }),
      clock: () => {
        this.now += chance.below(200);
        return this.now + skew;
      },
      sources: { events: this.log },
      sinks: { [sink]: this.#checkedSink() },
      deadLetters: this.deadLetters,
      lookups,
      observe: (seen) => {
        const isFailure = seen.kind === 'failed' && !(seen.error instanceof Crash);
        if (isFailure) this.#failures.push(seen.error);
      },
    };
    return engine(plan, ports, chance.chance(0.5) ? this.#warm : warm(plan));
  }

  /** An output has one content, whoever computes it and how often. */
  #checkedSink(): Sink {
    return {
      write: async (outputs) => {
        for (const output of outputs) this.#check(output);
        await this.sink.write(outputs);
      },
      until: () => this.#checkedSink(),
    };
  }

  #check({ stage, bucket, slot, chunk, key, index, value }: Output): void {
    const identity = JSON.stringify([stage, bucket, slot, chunk, key, index]);
    const content = JSON.stringify(value);
    if ((this.#contents.get(identity) ?? content) !== content) {
      throw new Error(`output ${identity} has two contents`);
    }
    this.#contents.set(identity, content);
  }
}
