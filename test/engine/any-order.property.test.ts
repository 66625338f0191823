import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import {
  HOURS,
  HoppingWindow,
  pipeline,
  SECONDS,
  SessionWindow,
  SlidingWindow,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import type { Sink } from '../../src/sinks/sink.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { Change } from '../../src/store/store.ts';
import { type MemoryLog, memoryLog } from '../../src/testing/memory-log.ts';
import { Crash, chaosStore, turns } from '../support/chaos.ts';
import { type Random, random } from '../support/random.ts';
import { counted, isLate, type Taken, type Windowing } from './plain-windows.ts';

const SEEDS = Number(process.env.SEEDS ?? 300);
const FIRST = Number(process.env.SEED ?? 1);

/**
 * Rules 1 to 6 of the protocol, as far as one stage goes: whatever the batches, the interleaving, the
 * crashes, the redeliveries and the splits, the table holds what a plain count of the same lanes
 * says, and every record is accounted for.
 */
describe('any batching, any retry, any interleaving of shards', () => {
  const seeds = process.env.SEED ? [FIRST] : Array.from({ length: SEEDS }, (_, i) => FIRST + i);
  const groups = Array.from({ length: 10 }, (_, n) => seeds.filter((seed) => seed % 10 === n));
  test.each(groups.filter((group) => group.length > 0))(
    'gives the batch answer (seeds %i, ...)',
    async (...group) => {
      for (const seed of group) await new World(seed).run();
    },
  );
});

const WINDOWS = [
  TumblingWindow.of(3, SECONDS),
  TumblingWindow.of(10, SECONDS, { offset: 4 * SECONDS }),
  HoppingWindow.of(9, SECONDS).every(3, SECONDS),
  HoppingWindow.of(10, SECONDS).every(4, SECONDS),
  SessionWindow.withGap(2, SECONDS),
  SessionWindow.withGap(7, SECONDS),
  SlidingWindow.of(4, SECONDS),
  SlidingWindow.ofTimeDifference(3, SECONDS),
];
const LATENESS = [0, 0, 3 * SECONDS, 30 * SECONDS];
const OUT_OF_ORDER = 5 * SECONDS;
const SKEW = 60 * SECONDS;

class World {
  readonly chance: Random;
  readonly log: MemoryLog;
  readonly store = memoryStore({ pageSize: 3 });
  readonly sink = memorySink();
  readonly deadLetters = memoryDeadLetters();
  readonly raises = new Map<string, { position: string; watermark: number }[]>();
  readonly parents = new Map<string, readonly string[]>();
  readonly checkpoints = new Map<string, number>();
  readonly order;
  readonly windowing: Windowing;
  readonly plan;
  readonly seed: number;
  now = 1_000_000_000;
  crashes = 0.03;
  readonly reshards: number;
  lanes = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.chance = random(seed);
    this.reshards = this.chance.pick([0, 0.08, 0.3]);
    this.log = memoryLog(() => this.now);
    this.order = turns(this.chance);
    const window = this.chance.pick(WINDOWS);
    const latenessMs = window.kind === 'perEvent' ? 0 : this.chance.pick(LATENESS);
    this.windowing = { window, latenessMs };
    const early = this.windowing.window.kind === 'aligned' && this.chance.chance(0.3);
    const windowed = pipeline('test')
      .stream('clicks', {
        schema: z.object({ at: z.number(), key: z.string() }),
        timestamp: (e) => e.at,
        outOfOrderness: OUT_OF_ORDER,
        maxFutureSkew: SKEW,
        maxDelay: HOURS,
      })
      .keyBy((e) => e.key)
      .window(this.windowing.window)
      .allowedLateness(this.windowing.latenessMs);
    this.plan = (early ? windowed.emit({ every: 2 * SECONDS }) : windowed)
      .count({ buckets: this.chance.pick([1, 2, 4]), keysPerChunk: this.chance.pick([1, 500]) })
      .to(table('results'));
    for (let i = this.chance.pick([1, 2, 3]); i > 0; i--) this.open([]);
  }

  async run(): Promise<void> {
    for (let round = 0; round < 25; round++) {
      this.now += this.chance.below(4 * SECONDS);
      this.produce();
      if (this.chance.chance(this.reshards)) this.reshard();
      const work = Array.from({ length: 1 + this.chance.below(6) }, () => this.something());
      await this.order.run(work);
    }
    await this.settle();
    this.check();
  }

  /** Faults are over: everything is delivered, and ticks close what is left. */
  async settle(): Promise<void> {
    this.crashes = 0;
    for (let round = 0; round < 10; round++) {
      for (const lane of this.lanesInOrder()) {
        await this.order.run([this.deliver(lane, this.log.records(lane).length)]);
      }
      this.now += 3 * HOURS;
      await this.order.run([this.engine().tick(() => false)]);
    }
  }

  async something(): Promise<void> {
    try {
      const what = this.chance.next();
      if (what < 0.5) await this.deliver(this.chance.pick(this.lanesInOrder()));
      else if (what < 0.85)
        await this.engine().fire(this.stage, this.chance.below(4) % this.buckets, () => false);
      else await this.engine().tick(() => false);
    } catch (error) {
      if (error instanceof Crash) return;
      if ((error as { retryable?: boolean }).retryable) return;
      throw new Error(`seed ${this.seed}`, { cause: error });
    }
  }

  /** A batch from anywhere up to the checkpoint, as redeliveries come; parents before children. */
  async deliver(lane: string, upTo?: number): Promise<void> {
    const parents = this.parents.get(lane) ?? [];
    if (parents.some((parent) => this.checkpoint(parent) < this.log.records(parent).length)) return;
    const records = this.log.records(lane);
    const checkpoint = this.checkpoint(lane);
    const from = this.chance.chance(0.2) ? this.chance.below(checkpoint + 1) : checkpoint;
    const to = upTo ?? Math.min(records.length, from + 1 + this.chance.below(6));
    if (from >= to) return;
    await this.engine().gather('clicks', lane, records.slice(from, to));
    this.checkpoints.set(lane, Math.max(this.checkpoint(lane), to));
  }

  /** A new process for every piece of work: nothing is remembered. */
  engine() {
    const { chance, order } = this;
    const store = chaosStore(this.store, {
      chance,
      turns: order,
      crashes: () => this.crashes,
      wrote: ({ pk, sk }, { set }) => {
        if (set === undefined) return;
        this.neverBack(`${pk} ${sk}`, set);
        if (sk.startsWith('lane#') && set.watermark !== undefined && set.position === undefined) {
          const lane = sk.slice('lane#'.length);
          const position = this.positionOf(lane);
          const raises = this.raises.get(lane) ?? [];
          this.raises.set(lane, [...raises, { position, watermark: Number(set.watermark) }]);
        }
      },
    });
    return engine(this.plan, {
      store,
      clock: () => this.now,
      sources: { clicks: this.log },
      sinks: { results: this.checkedSink() },
      deadLetters: this.deadLetters,
      observe: (seen) => {
        if (seen.kind === 'failed' && !(seen.error instanceof Crash))
          this.failures.push(seen.error);
      },
    });
  }

  readonly highest = new Map<string, number | string>();

  /** Positions, watermarks and targets of items only rise. */
  neverBack(item: string, set: NonNullable<Change['set']>): void {
    for (const name of ['position', 'watermark', 'target', 'firedThrough', 'version']) {
      const now = set[name] as number | string | undefined;
      const before = this.highest.get(`${item} ${name}`);
      if (now === undefined) continue;
      if (before !== undefined && now < before) {
        throw new Error(`seed ${this.seed}: ${name} of ${item} went back from ${before} to ${now}`);
      }
      this.highest.set(`${item} ${name}`, now);
    }
  }

  readonly contents = new Map<string, string>();

  /** An output has one content, whoever computes it and how often. */
  checkedSink(): Sink {
    return {
      write: async (outputs) => {
        for (const output of outputs) {
          const { value, position, stage, bucket, slot, chunk, key, index } = output;
          const identity = JSON.stringify([stage, bucket, slot, chunk, key, index]);
          const content = JSON.stringify([value ?? 0, output.old ?? 0, position]);
          if ((this.contents.get(identity) ?? content) !== content) {
            throw new Error(`seed ${this.seed}: output ${identity} has two contents`);
          }
          this.contents.set(identity, content);
        }
        await this.sink.write(outputs);
      },
      until: () => this.checkedSink(),
    };
  }

  /** What somebody has who adds up every value told and takes back every old one. */
  netOfAll(): number {
    const changes = [...this.contents.values()].map((content) => {
      const [value, old] = JSON.parse(content) as [number, number];
      return value - old;
    });
    return total(changes);
  }

  positionOf(lane: string): string {
    for (const item of this.store.items('control')) {
      if (item.sk === `lane#${lane}`) return String(item.position);
    }
    return '0';
  }

  produce(): void {
    const open = this.lanesInOrder().filter((lane) => !this.closed.has(lane));
    for (let i = this.chance.below(6); i > 0; i--) {
      const kind = this.chance.next();
      const behind = kind < 0.1 ? 40 * SECONDS : OUT_OF_ORDER + SECONDS;
      const ahead = kind > 0.95 ? SKEW + 10 * SECONDS : 0;
      const at = this.eventTime(this.chance.below(behind)) + ahead;
      const key = `k${this.chance.below(4)}`;
      const text = kind > 0.9 && kind < 0.93 ? '{"at":' : JSON.stringify({ at, key });
      this.log.append(this.chance.pick(open), text, this.now);
    }
  }

  /** Often right at a boundary, or where the watermark is right at one. */
  eventTime(behind: number): number {
    const at = this.now - behind;
    if (this.chance.chance(0.6)) return at;
    const end = at - (at % SECONDS);
    return end + this.chance.pick([-1, 0, 1]);
  }

  readonly failures: unknown[] = [];
  readonly closed = new Set<string>();

  reshard(): void {
    const open = this.lanesInOrder().filter((lane) => !this.closed.has(lane));
    const merge = open.length > 1 && this.chance.chance(0.5);
    const parents = merge ? open.slice(0, 2) : [this.chance.pick(open)];
    for (const parent of parents) this.closed.add(parent);
    for (let i = merge ? 1 : 2; i > 0; i--) this.open(parents);
  }

  open(parents: readonly string[]): void {
    const lane = `lane-${this.lanes++}`;
    this.log.open(lane, parents);
    this.parents.set(lane, parents);
  }

  lanesInOrder = (): string[] => [...this.parents.keys()];
  checkpoint = (lane: string): number => this.checkpoints.get(lane) ?? 0;

  get stage(): string {
    return this.plan.stages[0]?.name ?? '';
  }
  get buckets(): number {
    return this.plan.stages[0]?.buckets ?? 1;
  }

  check(): void {
    expect(this.failures).toEqual([]);
    const { counts, late, dead, records } = this.recount();
    if (this.windowing.window.kind !== 'perEvent') {
      expect(this.netOfAll(), `seed ${this.seed}`).toBe(total([...counts.values()]));
    }
    const rows = this.sink
      .rows()
      .map((row) => [`${row.windowStart} ${row.key}`, row.value] as const);
    const message = `seed ${this.seed}`;
    expect(Object.fromEntries(rows), message).toEqual(Object.fromEntries(counts));
    expect(this.deadLetters.letters().length, message).toBe(dead);
    const tally = { records: 0, late: 0, deadLetters: 0 };
    for (const item of this.store.items('control')) {
      if (!item.sk.startsWith('lane#')) continue;
      tally.records += Number(item.records);
      tally.late += Number(item.late);
      tally.deadLetters += Number(item.deadLetters);
    }
    expect(tally, message).toEqual({ records, late, deadLetters: dead });
  }

  /** The plain answer: one lane after the other, one record after the other, then window by window. */
  recount() {
    const taken: Taken[] = [];
    const finals = new Map<string, number>();
    let [late, dead, records] = [0, 0, 0];
    for (const lane of this.lanesInOrder()) {
      const parents = this.parents.get(lane) ?? [];
      const start = parents.map((parent) => finals.get(parent) ?? Number.NaN);
      let watermark = start.length > 0 ? Math.min(...start) : -8.64e15;
      const raises = this.raises.get(lane) ?? [];
      const raiseBefore = (position: string): void => {
        for (const raise of raises) {
          if (raise.position < position) watermark = Math.max(watermark, raise.watermark);
        }
      };
      for (const record of this.log.records(lane)) {
        records++;
        raiseBefore(record.position);
        const text = Buffer.from(record.data).toString();
        const event = text.endsWith('}') ? (JSON.parse(text) as { at: number; key: string }) : null;
        if (event === null || event.at > record.arrivalTime + SKEW) {
          dead++;
          continue;
        }
        if (isLate(this.windowing, event.at, watermark)) late++;
        else taken.push({ ...event, watermark });
        watermark = Math.max(watermark, event.at - OUT_OF_ORDER - 1);
      }
      raiseBefore('9');
      finals.set(lane, watermark);
    }
    return { counts: counted(this.windowing, taken), late, dead, records };
  }
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);
