import { engine, warm } from '../../src/engine/engine.ts';
import type { Ports } from '../../src/engine/ports.ts';
import { type LookupTable, type Plan, SECONDS, type StagePlan } from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import type { Sink } from '../../src/sinks/sink.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { Change } from '../../src/store/store.ts';
import { type MemoryLog, memoryLog } from '../../src/testing/memory-log.ts';
import { laneIn, sinksOf, streamsOf } from '../../src/topology/plan.ts';
import { Crash, chaosStore, turns } from '../support/chaos.ts';
import type { Random } from '../support/random.ts';

/** What the streams of every world declare, ms. */
export const OUT_OF_ORDER = 5 * SECONDS;
export const SKEW = 60 * SECONDS;
export const MAX_DELAY = 3_600 * SECONDS;

/** What happens in a world: `n` tells events apart. */
export interface Happening {
  readonly at: number;
  readonly key: string;
  readonly n: number;
}

/** A lane of a stream: a shard, and those that it continues. */
interface WorldLane {
  readonly stream: string;
  readonly name: string;
  readonly parents: readonly string[];
  closed: boolean;
  /** How many records its readers have acknowledged. */
  checkpoint: number;
}

/** What else a pipeline may need of its world. */
export interface Surroundings {
  readonly lookups?: Readonly<Record<string, LookupTable>>;
  /** How far apart the clocks of processes are, ms. They go on while these work. */
  readonly skewMs?: number;
  /** Some processes live on, and remember what they have learnt. */
  readonly remembers?: boolean;
}

/** A record as a plain reader of its lane finds it. */
export interface Judged {
  /** As the stage calls it. */
  readonly lane: string;
  /** `undefined`: it cannot be read, or comes from the future. */
  readonly event: Happening | undefined;
  /** Of the lane, just before it. */
  readonly watermark: number;
  /** Where it stands. */
  readonly position: string;
}

/**
 * A pipeline in a world where everything goes wrong that may: shards split and merge, batches are cut
 * anew and come again, processes die before and after any write, and what they do happens in any order.
 * In the end the faults heal, everything is delivered, and ticks close what is left.
 */
export class ChaosWorld {
  readonly seed: number;
  readonly chance: Random;
  readonly plan: Plan;
  readonly store = memoryStore({ pageSize: 3 });
  readonly deadLetters = memoryDeadLetters();
  readonly sinks;
  readonly logs: Readonly<Record<string, MemoryLog>>;
  /** The content of each output that was told, by its identity. */
  readonly contents = new Map<string, string>();
  /** Of engines that went on; there should be none. */
  readonly failures: unknown[] = [];

  readonly #lanes: WorldLane[] = [];
  readonly #order;
  readonly #raises = new Map<string, { position: string; watermark: number }[]>();
  readonly #highest = new Map<string, number | string>();
  readonly #reshards: number;
  readonly #around: Surroundings;
  readonly #warm;
  #now = 1_000_000_000;
  #crashes = 0.03;
  #happened = 0;

  constructor(seed: number, chance: Random, plan: Plan, around: Surroundings = {}) {
    this.seed = seed;
    this.chance = chance;
    this.plan = plan;
    this.#around = around;
    this.#warm = warm(plan);
    this.#order = turns(chance);
    this.#reshards = chance.pick([0, 0.08, 0.3]);
    const streams = plan.sources.map(({ name }) => name);
    this.logs = Object.fromEntries(streams.map((name) => [name, memoryLog(() => this.#now)]));
    this.sinks = Object.fromEntries(sinksOf(plan).map(({ sink }) => [sink.name, memorySink()]));
    for (const stream of streams)
      for (let i = chance.pick([1, 2, 3]); i > 0; i--) this.#open(stream, []);
  }

  async run(): Promise<void> {
    for (let round = 0; round < 25; round++) {
      this.#now += this.chance.below(4 * SECONDS);
      this.#produce();
      if (this.chance.chance(this.#reshards)) this.#reshard();
      const work = Array.from({ length: 1 + this.chance.below(6) }, () => this.#something());
      await this.#order.run(work);
    }
    await this.#settle();
  }

  /** The plain answer for a stage: one lane of a stream after the other, one record after the other. */
  judged(stage: StagePlan, stream: string): Judged[] {
    const finals = new Map<string, number>();
    return this.#lanesOf(stream).flatMap(({ name, parents }) => {
      const start = parents.map((parent) => finals.get(parent) ?? Number.NaN);
      let watermark = start.length > 0 ? Math.min(...start) : -8.64e15;
      const lane = laneIn(stage, stream, name);
      const raises = this.#raises.get(`${stage.name} lane#${lane}`) ?? [];
      const raiseBefore = (position: string): void => {
        for (const raise of raises) {
          if (raise.position < position) watermark = Math.max(watermark, raise.watermark);
        }
      };
      const records = this.#recordsOf(stream, name).map((record): Judged => {
        raiseBefore(record.position);
        const text = Buffer.from(record.data).toString();
        const read = text.endsWith('}') ? (JSON.parse(text) as Happening) : undefined;
        const event = read && read.at <= record.arrivalTime + SKEW ? read : undefined;
        const before = watermark;
        if (event) watermark = Math.max(watermark, event.at - OUT_OF_ORDER - 1);
        return { lane, event, watermark: before, position: record.position };
      });
      raiseBefore('9');
      finals.set(name, watermark);
      return records;
    });
  }

  /** What was put into a stream. */
  readonly texts = (stream: string): string[] =>
    this.#lanesOf(stream).flatMap(({ name }) =>
      this.#recordsOf(stream, name).map(({ data }) => Buffer.from(data).toString()),
    );

  /** Faults are over. */
  get isCalm(): boolean {
    return this.#crashes === 0;
  }

  /** What the lanes of a stage have committed about their records. */
  tally(stage: StagePlan): { records: number; late: number; deadLetters: number } {
    const tally = { records: 0, late: 0, deadLetters: 0 };
    for (const item of this.store.items('control')) {
      if (item.pk !== stage.name || !item.sk.startsWith('lane#')) continue;
      tally.records += Number(item.records);
      tally.late += Number(item.late);
      tally.deadLetters += Number(item.deadLetters);
    }
    return tally;
  }

  /** Faults are over: everything is delivered, and ticks close what is left. */
  async #settle(): Promise<void> {
    this.#crashes = 0;
    for (let round = 0; round < 10; round++) {
      for (const lane of this.#lanes) {
        const all = this.#recordsOf(lane.stream, lane.name).length;
        await this.#order.run([this.#deliver(lane, all)]);
      }
      this.#now += 3 * MAX_DELAY;
      await this.#order.run([this.#engine().tick(() => false)]);
    }
  }

  async #something(): Promise<void> {
    try {
      const what = this.chance.next();
      if (what < 0.5) await this.#deliver(this.chance.pick(this.#lanes));
      else if (what < 0.85) {
        const { name, buckets } = this.chance.pick(this.plan.stages);
        await this.#engine().fire(name, this.chance.below(4) % buckets, () => false);
      } else await this.#engine().tick(() => false);
    } catch (error) {
      if (error instanceof Crash) return;
      if ((error as { retryable?: boolean }).retryable) return;
      throw new Error(`seed ${this.seed}`, { cause: error });
    }
  }

  /** A batch from anywhere up to the checkpoint, as redeliveries come; parents before children. */
  async #deliver(lane: WorldLane, upTo?: number): Promise<void> {
    const parents = this.#lanes.filter(({ name }) => lane.parents.includes(name));
    const isRead = ({ stream, name, checkpoint }: WorldLane): boolean =>
      checkpoint >= this.#recordsOf(stream, name).length;
    if (!parents.every(isRead)) return;
    const records = this.#recordsOf(lane.stream, lane.name);
    const { checkpoint } = lane;
    const from = this.chance.chance(0.2) ? this.chance.below(checkpoint + 1) : checkpoint;
    const to = upTo ?? Math.min(records.length, from + 1 + this.chance.below(6));
    if (from >= to) return;
    await this.#engine().gather(lane.stream, lane.name, records.slice(from, to));
    lane.checkpoint = Math.max(lane.checkpoint, to);
  }

  /** A new process for every piece of work: nothing is remembered, unless the world is one where it is. */
  #engine() {
    const store = chaosStore(this.store, {
      chance: this.chance,
      turns: this.#order,
      crashes: () => this.#crashes,
      wrote: ({ pk, sk }, { set }) => {
        if (set !== undefined) this.#wrote(pk, sk, set);
      },
    });
    const { lookups = {}, remembers } = this.#around;
    const ports: Ports = {
      store,
      clock: this.#clock(),
      sources: this.logs,
      lookups,
      sinks: Object.fromEntries(
        Object.entries(this.sinks).map(([name, sink]) => [name, this.#checked(name, sink)]),
      ),
      deadLetters: this.deadLetters,
      observe: (seen) => {
        if (seen.kind === 'failed' && !(seen.error instanceof Crash))
          this.failures.push(seen.error);
      },
    };
    return engine(this.plan, ports, remembers && this.chance.chance(0.5) ? this.#warm : undefined);
  }

  /** Of one process. */
  #clock(): () => number {
    const { skewMs } = this.#around;
    if (skewMs === undefined) return () => this.#now;
    const skew = this.chance.below(skewMs + 1) - skewMs / 2;
    return () => {
      this.#now += this.chance.below(200);
      return this.#now + skew;
    };
  }

  #wrote(pk: string, sk: string, set: NonNullable<Change['set']>): void {
    const item = `${pk} ${sk}`;
    this.#neverBack(item, set);
    // A lane is raised where its watermark is written without a position.
    if (!sk.startsWith('lane#') || set.watermark === undefined || set.position !== undefined)
      return;
    const found = [...this.store.items('control')].find((one) => one.pk === pk && one.sk === sk);
    const raise = { position: String(found?.position), watermark: Number(set.watermark) };
    this.#raises.set(item, [...(this.#raises.get(item) ?? []), raise]);
  }

  /** Positions, watermarks and targets of items only rise. */
  #neverBack(item: string, set: NonNullable<Change['set']>): void {
    for (const name of ['position', 'watermark', 'target', 'firedThrough', 'version']) {
      const now = set[name] as number | string | undefined;
      const before = this.#highest.get(`${item} ${name}`);
      if (now === undefined) continue;
      if (before !== undefined && now < before) {
        throw new Error(`seed ${this.seed}: ${name} of ${item} went back from ${before} to ${now}`);
      }
      this.#highest.set(`${item} ${name}`, now);
    }
  }

  /** An output has one content in its sink, whoever computes it and how often. */
  #checked(name: string, sink: Sink): Sink {
    return {
      write: async (outputs) => {
        for (const output of outputs) {
          const { value, position, stage, bucket, slot, chunk, key, index } = output;
          const identity = JSON.stringify([name, stage, bucket, slot, chunk, key, index]);
          const content = JSON.stringify([value ?? 0, output.old ?? 0, position]);
          if ((this.contents.get(identity) ?? content) !== content) {
            throw new Error(`seed ${this.seed}: output ${identity} has two contents`);
          }
          this.contents.set(identity, content);
        }
        await sink.write(outputs);
      },
      until: () => this.#checked(name, sink),
    };
  }

  #produce(): void {
    for (const stream of Object.keys(this.logs)) {
      const open = this.#lanesOf(stream).filter(({ closed }) => !closed);
      for (let i = this.chance.below(6); i > 0; i--) {
        const { name } = this.chance.pick(open);
        this.logs[stream]?.append(name, this.#text(), this.#now);
      }
    }
  }

  /** Some events are far too old, some claim to be of the future, some cannot be read. */
  #text(): string {
    const kind = this.chance.next();
    if (kind > 0.9 && kind < 0.93) return '{"at":';
    const behind = kind < 0.1 ? 40 * SECONDS : OUT_OF_ORDER + SECONDS;
    const ahead = kind > 0.95 ? SKEW + 10 * SECONDS : 0;
    const at = this.#eventTime(this.chance.below(behind)) + ahead;
    return JSON.stringify({ at, key: `k${this.chance.below(4)}`, n: this.#happened++ });
  }

  /** Often right at a boundary, or where the watermark is right at one. */
  #eventTime(behind: number): number {
    const at = this.#now - behind;
    if (this.chance.chance(0.6)) return at;
    const end = at - (at % SECONDS);
    return end + this.chance.pick([-1, 0, 1]);
  }

  #reshard(): void {
    const stream = this.chance.pick(Object.keys(this.logs));
    const open = this.#lanesOf(stream).filter(({ closed }) => !closed);
    const merge = open.length > 1 && this.chance.chance(0.5);
    const parents = merge ? open.slice(0, 2) : [this.chance.pick(open)];
    for (const parent of parents) parent.closed = true;
    const names = parents.map(({ name }) => name);
    for (let i = merge ? 1 : 2; i > 0; i--) this.#open(stream, names);
  }

  #open(stream: string, parents: readonly string[]): void {
    const name = `lane-${this.#lanes.length}`;
    this.logs[stream]?.open(name, parents);
    this.#lanes.push({ stream, name, parents, closed: false, checkpoint: 0 });
  }

  #lanesOf = (stream: string): WorldLane[] => this.#lanes.filter((lane) => lane.stream === stream);

  #recordsOf = (stream: string, lane: string) => this.logs[stream]?.records(lane) ?? [];
}

/** Everything that a stage reads, as its lanes judge it. */
export const judgedFor = (world: ChaosWorld, stage: StagePlan): Judged[] =>
  streamsOf(stage).flatMap((stream) => world.judged(stage, stream));
