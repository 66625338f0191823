import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import {
  HoppingWindow,
  pipeline,
  SECONDS,
  SessionWindow,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';
import { Crash, chaosStore, turns } from '../support/chaos.ts';
import { type Random, random } from '../support/random.ts';

const SEEDS = Number(process.env.SEEDS ?? 60);
const FIRST = Number(process.env.SEED ?? 1);

/**
 * Nobody can say beforehand in which window a record counts, but it counts in one: whatever the
 * crashes and the redeliveries, each of which happens at another time, and on machines whose clocks
 * differ.
 */
describe('processing time, whatever comes again', () => {
  const seeds = process.env.SEED ? [FIRST] : Array.from({ length: SEEDS }, (_, i) => FIRST + i);
  const groups = Array.from({ length: 6 }, (_, n) => seeds.filter((seed) => seed % 6 === n));
  test.each(groups.filter((group) => group.length > 0))(
    'counts each record once (seeds %i, ...)',
    async (...group) => {
      for (const seed of group) await new World(seed).run();
    },
  );
});

const START = 1_000_000_000;
/** Each with the number of windows that an event is in. */
const WINDOWS = [
  [TumblingWindow.of(3, SECONDS), 1],
  [TumblingWindow.of(1), 1],
  [HoppingWindow.of(6, SECONDS).every(2, SECONDS), 3],
  [SessionWindow.withGap(1, SECONDS), 1],
] as const;

class World {
  readonly chance: Random;
  readonly order;
  readonly store = memoryStore({ pageSize: 3 });
  readonly sink = memorySink();
  readonly deadLetters = memoryDeadLetters();
  readonly log = memoryLog(() => this.now);
  readonly checkpoints = new Map<string, number>();
  readonly failures: unknown[] = [];
  readonly share: number;
  readonly seed: number;
  readonly plan;
  now = START;
  crashes = 0.05;

  constructor(seed: number) {
    this.seed = seed;
    this.chance = random(seed);
    this.order = turns(this.chance);
    const [window, share] = this.chance.pick(WINDOWS);
    this.share = share;
    this.plan = pipeline('test')
      .stream('events', { schema: z.object({ key: z.string() }), timestamp: 'processing' })
      .keyBy((e) => e.key)
      .window(window)
      .count({ name: 'counts', buckets: 2 })
      .to(table('counts'));
    for (let n = this.chance.pick([1, 2, 3]); n > 0; n--) {
      this.log.open(`lane-${n}`);
      this.checkpoints.set(`lane-${n}`, 0);
    }
  }

  async run(): Promise<void> {
    for (let round = 0; round < 15; round++) {
      this.now += this.chance.below(2 * SECONDS);
      for (let i = this.chance.below(6); i > 0; i--) {
        const data = JSON.stringify({ key: `k${this.chance.below(3)}` });
        this.log.append(this.chance.pick([...this.checkpoints.keys()]), data, this.now);
      }
      const work = Array.from({ length: 1 + this.chance.below(6) }, () => this.something());
      await this.order.run(work);
    }
    this.crashes = 0;
    for (let round = 0; round < 5; round++) {
      for (const lane of this.checkpoints.keys()) await this.order.run([this.deliver(lane, true)]);
      this.now += 60 * SECONDS;
      await this.order.run([this.engine().tick(() => false)]);
    }
    expect([this.failures, this.deadLetters.letters()]).toEqual([[], []]);
    expect(this.counted(), `seed ${this.seed}`).toEqual(this.sent());
    const lanes = [...this.store.items('control')].filter(({ sk }) => sk.startsWith('lane#'));
    expect(lanes.map(({ late }) => late)).toEqual(lanes.map(() => 0));
  }

  async something(): Promise<void> {
    try {
      const what = this.chance.next();
      if (what < 0.6) await this.deliver(this.chance.pick([...this.checkpoints.keys()]));
      else if (what < 0.85) await this.engine().fire('counts', this.chance.below(2), () => false);
      else await this.engine().tick(() => false);
    } catch (error) {
      if (error instanceof Crash || (error as { retryable?: boolean }).retryable) return;
      throw new Error(`seed ${this.seed}`, { cause: error });
    }
  }

  async deliver(lane: string, all = false): Promise<void> {
    const records = this.log.records(lane);
    const checkpoint = this.checkpoints.get(lane) ?? 0;
    const from = this.chance.chance(0.3) ? this.chance.below(checkpoint + 1) : checkpoint;
    const to = all ? records.length : Math.min(records.length, from + 1 + this.chance.below(6));
    if (from >= to) return;
    await this.engine().gather('events', lane, records.slice(from, to));
    this.checkpoints.set(lane, Math.max(checkpoint, to));
  }

  engine() {
    const { chance, order } = this;
    // Of this machine: ahead of the others or behind them, and going on while it works.
    const skew = chance.below(3 * SECONDS) - 1_500;
    return engine(this.plan, {
      store: chaosStore(this.store, { chance, turns: order, crashes: () => this.crashes }),
      clock: () => {
        this.now += chance.below(200);
        return this.now + skew;
      },
      sources: { events: this.log },
      sinks: { counts: this.sink },
      deadLetters: this.deadLetters,
      observe: (seen) => {
        if (seen.kind === 'failed' && !(seen.error instanceof Crash))
          this.failures.push(seen.error);
      },
    });
  }

  counted(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { key, value } of this.sink.rows()) {
      counts[key] = (counts[key] ?? 0) + Number(value) / this.share;
    }
    return rounded(counts);
  }

  sent(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const lane of this.checkpoints.keys()) {
      for (const { data } of this.log.records(lane)) {
        const { key } = JSON.parse(Buffer.from(data).toString()) as { key: string };
        counts[key] = (counts[key] ?? 0) + 1;
      }
    }
    return counts;
  }
}

/** Thirds add up to a little less or more. */
const rounded = (counts: Record<string, number>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counts).map(([key, count]) => [key, Math.round(count * 6) / 6]),
  );
