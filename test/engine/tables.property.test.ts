import { describe, expect, test } from 'vitest';
import { engine } from '../../src/engine/engine.ts';
import { HOURS, type Output, type Plan, SECONDS, type Sink } from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { type MemoryLog, memoryLog } from '../../src/testing/memory-log.ts';
import { Crash, chaosStore, turns } from '../support/chaos.ts';
import { type Random, random } from '../support/random.ts';
import { type Row, type Rows, type Said, TABLE_PLANS, type TablePlan } from './table-plans.ts';

const SEEDS = Number(process.env.SEEDS ?? 60);
const FIRST = Number(process.env.SEED ?? 1);

/**
 * Whatever the batches, the interleaving of stages and lanes, the crashes and the redeliveries: when all
 * is settled a table is what a plain computation makes of the latest rows, and every row has gone from
 * one told content to the next.
 */
describe('tables settle to what the latest rows make', () => {
  const seeds = process.env.SEED ? [FIRST] : Array.from({ length: SEEDS }, (_, i) => FIRST + i);
  test.each(TABLE_PLANS.map((of, n) => [of.name, of, n] as const))('%s', async (_name, of, n) => {
    const mine = process.env.SEED ? seeds : seeds.filter((seed) => seed % TABLE_PLANS.length === n);
    expect(mine.length).toBeGreaterThan(0);
    for (const seed of mine) await new World(seed, of).run();
  });
});

const KEYS = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'];

class World {
  readonly chance: Random;
  readonly of: TablePlan;
  readonly plan: Plan;
  readonly logs: Readonly<Record<string, MemoryLog>>;
  readonly lanes: readonly (readonly [stream: string, lane: string])[];
  readonly store = memoryStore({ pageSize: 3 });
  readonly sink = memorySink();
  readonly deadLetters = memoryDeadLetters();
  readonly checkpoints = new Map<string, number>();
  readonly contents = new Map<string, string>();
  readonly told: Output[] = [];
  readonly failures: unknown[] = [];
  readonly order;
  readonly seed: number;
  now = 1_000_000_000;
  crashes = 0.03;

  constructor(seed: number, of: TablePlan) {
    this.seed = seed;
    this.of = of;
    this.chance = random(seed);
    this.order = turns(this.chance);
    const { chance } = this;
    this.plan = of.plan({
      buckets: chance.pick([1, 2, 4]),
      keysPerChunk: chance.pick([1, 2, 500]),
    });
    const names = this.plan.sources.map(({ name }) => name);
    this.logs = Object.fromEntries(names.map((name) => [name, memoryLog(() => this.now)]));
    this.lanes = names.flatMap((stream) =>
      Array.from({ length: 1 + chance.below(3) }, (_, i) => [stream, `${stream}-${i}`] as const),
    );
    for (const [stream, lane] of this.lanes) this.logs[stream]?.open(lane);
  }

  async run(): Promise<void> {
    for (let round = 0; round < 25; round++) {
      this.now += this.chance.below(3 * SECONDS);
      this.produce();
      const work = Array.from({ length: 1 + this.chance.below(8) }, () => this.something());
      await this.order.run(work);
    }
    await this.settle();
    this.check();
  }

  produce(): void {
    for (let i = this.chance.below(6); i > 0; i--) {
      const { chance } = this;
      const [stream, lane] = chance.pick(this.lanes);
      const behind = chance.chance(0.15) ? 30 * SECONDS : 4 * SECONDS;
      const said: Said = {
        // Often at the same instant as another one.
        at: Math.floor((this.now - chance.below(behind)) / 500) * 500,
        key: chance.pick(KEYS),
        to: chance.chance(0.15) ? null : chance.pick(KEYS.slice(0, 4)),
        n: chance.below(6),
        gone: chance.chance(0.25),
      };
      this.logs[stream]?.append(lane, JSON.stringify(said), this.now);
    }
  }

  async something(): Promise<void> {
    const { chance } = this;
    try {
      const what = chance.next();
      if (what < 0.4) await this.deliver(...chance.pick(this.lanes));
      else if (what > 0.9) await this.engine().tick(() => false);
      else {
        const { name, buckets } = chance.pick(this.plan.stages);
        await this.engine().fire(name, chance.below(buckets), () => false);
      }
    } catch (error) {
      if (error instanceof Crash || (error as { retryable?: boolean }).retryable) return;
      throw new Error(`seed ${this.seed}`, { cause: error });
    }
  }

  /** A batch from anywhere up to the checkpoint, as redeliveries come. */
  async deliver(stream: string, lane: string, upTo?: number): Promise<void> {
    const records = this.logs[stream]?.records(lane) ?? [];
    const checkpoint = this.checkpoints.get(lane) ?? 0;
    const from = this.chance.chance(0.2) ? this.chance.below(checkpoint + 1) : checkpoint;
    const to = upTo ?? Math.min(records.length, from + 1 + this.chance.below(6));
    if (from >= to) return;
    await this.engine().gather(stream, lane, records.slice(from, to));
    this.checkpoints.set(lane, Math.max(this.checkpoints.get(lane) ?? 0, to));
  }

  /** Faults are over: everything is delivered, and ticks close what is left. */
  async settle(): Promise<void> {
    this.crashes = 0;
    for (const [stream, lane] of this.lanes) {
      const all = this.logs[stream]?.records(lane).length;
      await this.order.run([this.deliver(stream, lane, all)]);
    }
    for (let round = 0; round < 12; round++) {
      this.now += 3 * HOURS;
      await this.order.run([this.engine().tick(() => false)]);
    }
  }

  /** A new process for every piece of work: nothing is remembered. */
  engine() {
    const { chance, order } = this;
    return engine(this.plan, {
      store: chaosStore(this.store, { chance, turns: order, crashes: () => this.crashes }),
      clock: () => this.now,
      sources: this.logs,
      sinks: { rows: this.checkedSink() },
      deadLetters: this.deadLetters,
      observe: (seen) => {
        if (seen.kind === 'failed' && !(seen.error instanceof Crash))
          this.failures.push(seen.error);
      },
    });
  }

  /** An output has one content, whoever computes it and how often. */
  checkedSink(): Sink {
    return {
      write: async (outputs) => {
        for (const output of outputs) {
          const { stage, bucket, slot, chunk, key, index, value, old, position } = output;
          const identity = JSON.stringify([stage, bucket, slot, chunk, key, index]);
          const content = JSON.stringify([value ?? null, old ?? null, position]);
          const known = this.contents.get(identity);
          if (known === undefined) this.told.push(output);
          expect(known ?? content, `seed ${this.seed}: ${identity}`).toBe(content);
          this.contents.set(identity, content);
        }
        await this.sink.write(outputs);
      },
      until: () => this.checkedSink(),
    };
  }

  check(): void {
    const message = `seed ${this.seed}`;
    expect(this.failures, message).toEqual([]);
    expect(this.deadLetters.letters(), message).toEqual([]);
    const rows = this.sink.rows().map(({ key, value }) => [key, value] as const);
    const plain = this.of.plain({
      said: this.saidIn('left').map(({ said }) => said),
      left: this.latest('left'),
      right: this.latest('right'),
    });
    expect(Object.fromEntries(rows), message).toEqual(Object.fromEntries(plain));
    this.checkHistory(message);
  }

  /** Each change of a row begins where the one before it ended. */
  checkHistory(message: string): void {
    const standing = new Map<string, unknown>();
    for (const { key, value, old } of [...this.told].sort(byPosition)) {
      expect(old, `${message}: what was told of ${key}`).toEqual(standing.get(key));
      standing.set(key, value);
    }
  }

  saidIn(stream: string) {
    return this.lanes
      .filter(([name]) => name === stream)
      .flatMap(([, lane]) =>
        (this.logs[stream]?.records(lane) ?? []).map(({ data, position }) => ({
          said: JSON.parse(Buffer.from(data).toString()) as Said,
          lane,
          position,
        })),
      );
  }

  /** The latest in event time; of one time the last in the order of the lanes. */
  latest(stream: string): Rows<Row> {
    const rows = new Map<string, Row>();
    const all = this.saidIn(stream).sort(
      (a, b) => a.said.at - b.said.at || compare(a.lane, b.lane) || compare(a.position, b.position),
    );
    for (const { said } of all) {
      if (said.gone) rows.delete(said.key);
      else rows.set(said.key, { to: said.to, n: said.n });
    }
    return rows;
  }
}

const byPosition = (a: Output, b: Output): number => compare(a.position, b.position);

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
