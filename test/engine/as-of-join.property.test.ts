import { expect } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import { HOURS, pipeline, SECONDS, table } from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import type { Output, Sink } from '../../src/sinks/sink.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { type MemoryLog, memoryLog } from '../../src/testing/memory-log.ts';
import { Crash, chaosStore, turns } from '../support/chaos.ts';
import type { Random } from '../support/random.ts';
import { forSeeds } from '../support/seeds.ts';
import { type Change, joinedAsOf, type Sale, toldVersions } from './plain-as-of.ts';

/**
 * Two streams with lanes of their own, one of them read as a table, plainly or told by a stage: whatever
 * the batches, the crashes, the redeliveries and the order in which all of it happens, the results are
 * those of a plain recount of the same lanes.
 */
forSeeds('an as-of join gives the plain answer, in any order', 60, (chance) =>
  new World(chance).run(),
);

const schema = z.object({
  at: z.number(),
  id: z.number(),
  key: z.string(),
  gone: z.boolean().optional(),
});
type Event = z.infer<typeof schema>;

const LAG = { sales: 3 * SECONDS, prices: 5 * SECONDS } as const;
type StreamName = keyof typeof LAG;
const STREAMS = ['sales', 'prices'] as const;
const START = 1_000_000_000;

class World {
  readonly chance: Random;
  readonly order;
  readonly store = memoryStore({ pageSize: 3 });
  readonly sink = memorySink();
  readonly deadLetters = memoryDeadLetters();
  readonly logs: Readonly<Record<StreamName, MemoryLog>>;
  readonly lanes: { readonly stream: StreamName; readonly lane: string; checkpoint: number }[] = [];
  /** By stage and lane as the engine names it: watermarks that were raised, and behind which position. */
  readonly raises = new Map<string, { position: string; watermark: number }[]>();
  readonly contents = new Map<string, string>();
  readonly failures: unknown[] = [];
  readonly kind: 'inner' | 'left';
  readonly isTold: boolean;
  readonly resolution: { readonly rows: number; readonly join: number };
  readonly plan;
  now = START;
  crashes = 0.03;
  #ids = 0;

  constructor(chance: Random) {
    this.chance = chance;
    this.order = turns(this.chance);
    this.logs = { sales: memoryLog(() => this.now), prices: memoryLog(() => this.now) };
    this.kind = this.chance.pick(['inner', 'left']);
    this.isTold = this.chance.chance(0.5);
    const grid = [1, 700, 1_000, 5_000];
    this.resolution = { rows: this.chance.pick(grid), join: this.chance.pick(grid) };
    this.plan = this.planned();
    for (const stream of STREAMS) {
      for (let n = this.chance.pick([1, 2]); n > 0; n--) {
        const lane = `lane-${n}`;
        this.logs[stream].open(lane);
        this.lanes.push({ stream, lane, checkpoint: 0 });
      }
    }
  }

  planned() {
    const { chance } = this;
    const begin = pipeline('test');
    const read = (stream: StreamName) =>
      begin
        .stream(stream, {
          schema,
          timestamp: (e) => e.at,
          outOfOrderness: LAG[stream],
          maxDelay: HOURS,
        })
        .keyBy((e) => e.key);
    const settings = () => ({
      buckets: chance.pick([1, 3]),
      keysPerChunk: chance.pick([1, 500]),
    });
    const raw = read('prices').toTable({
      row: ({ id, gone }) => (gone ? undefined : { id }),
      name: 'rows',
      resolution: this.resolution.rows,
      ...settings(),
    });
    // A table of the changes of a table comes from the stage that tells them.
    const rows = this.isTold
      ? raw
          .changes()
          .keyBy(({ key }) => key)
          .toTable({ row: ({ value }) => value })
      : raw;
    const options = { name: 'join', resolution: this.resolution.join, ...settings() };
    const sales = read('sales');
    const joined =
      this.kind === 'inner' ? sales.joinAsOf(rows, options) : sales.leftJoinAsOf(rows, options);
    return joined.to(table('results'));
  }

  async run(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      this.now += this.chance.below(3 * SECONDS);
      this.produce();
      await this.order.run(
        Array.from({ length: 1 + this.chance.below(6) }, () => this.something()),
      );
    }
    await this.settle();
    expect(this.failures).toEqual([]);
    expect(this.deadLetters.letters()).toEqual([]);
    const told = this.sink.rows().map(lineOf).sort();
    expect(told).toEqual(this.recounted().sort());
    expect(await this.lateCount()).toBe(this.late);
  }

  produce(): void {
    for (let i = this.chance.below(8); i > 0; i--) {
      const { stream, lane } = this.chance.pick(this.lanes);
      const behind = this.chance.chance(0.15) ? 30 * SECONDS : LAG[stream] + SECONDS;
      const exact = this.now - this.chance.below(behind);
      // Often right at a boundary, and often the same instant on both sides.
      const at = this.chance.chance(0.6) ? exact - (exact % SECONDS) : exact;
      const key = `k${this.chance.below(3)}`;
      const gone = stream === 'prices' && this.chance.chance(0.2);
      const event: Event = { at, id: this.#ids++, key, ...(gone ? { gone } : {}) };
      this.logs[stream].append(lane, JSON.stringify(event), this.now);
    }
  }

  async something(): Promise<void> {
    try {
      const what = this.chance.next();
      const { name, buckets } = this.chance.pick(this.plan.stages);
      if (what < 0.5) await this.deliver(this.chance.pick(this.lanes));
      else if (what < 0.85) await this.engine().fire(name, this.chance.below(buckets), () => false);
      else await this.engine().tick(() => false);
    } catch (error) {
      if (!(error instanceof Crash) && !(error as { retryable?: boolean }).retryable) throw error;
    }
  }

  /** A batch from anywhere up to the checkpoint, as redeliveries come. */
  async deliver(lane: World['lanes'][number], upTo?: number): Promise<void> {
    const records = this.logs[lane.stream].records(lane.lane);
    const again = this.chance.chance(0.2);
    const from = again ? this.chance.below(lane.checkpoint + 1) : lane.checkpoint;
    const to = upTo ?? Math.min(records.length, from + 1 + this.chance.below(6));
    if (from >= to) return;
    await this.engine().gather(lane.stream, lane.lane, records.slice(from, to));
    lane.checkpoint = Math.max(lane.checkpoint, to);
  }

  /** Faults are over: everything is delivered, and ticks close what is left. */
  async settle(): Promise<void> {
    this.crashes = 0;
    for (let round = 0; round < 10; round++) {
      for (const lane of this.lanes) {
        const all = this.logs[lane.stream].records(lane.lane).length;
        await this.order.run([this.deliver(lane, all)]);
      }
      this.now += 3 * HOURS;
      await this.order.run([this.engine().tick(() => false)]);
    }
  }

  /** A new process for every piece of work: nothing is remembered. */
  engine() {
    const store = chaosStore(this.store, {
      chance: this.chance,
      turns: this.order,
      crashes: () => this.crashes,
      wrote: ({ pk, sk }, { set }) => {
        if (!sk.startsWith('lane#') || set?.watermark === undefined || set.position !== undefined)
          return;
        const item = [...this.store.items('control')].find((one) => one.pk === pk && one.sk === sk);
        const raise = { position: String(item?.position), watermark: Number(set.watermark) };
        const name = `${pk} ${sk.slice('lane#'.length)}`;
        this.raises.set(name, [...(this.raises.get(name) ?? []), raise]);
      },
    });
    return engine(this.plan, {
      store,
      clock: () => this.now,
      sources: this.logs,
      sinks: { results: this.checkedSink() },
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
          const { stage, bucket, slot, chunk, key, index } = output;
          const identity = JSON.stringify([stage, bucket, slot, chunk, key, index]);
          const content = lineOf(output);
          if ((this.contents.get(identity) ?? content) !== content) {
            throw new Error(`output ${identity} has two contents`);
          }
          this.contents.set(identity, content);
        }
        await this.sink.write(outputs);
      },
      until: () => this.checkedSink(),
    };
  }

  late = 0;

  recounted(): string[] {
    const { join, rows } = this.resolution;
    const sales: Sale[] = this.filed('sales', 'join', join).flatMap(({ slot, event }) => {
      if (slot !== undefined) return [event];
      this.late++;
      return [];
    });
    const reader = this.isTold ? 'rows' : 'join';
    const changes = this.filed('prices', reader, this.isTold ? rows : join).map(
      ({ first, event, lane, nth }): Change => ({
        ...event,
        filed: first,
        order: `${lane} ${String(nth).padStart(6, '0')}`,
        row: event.gone ? null : event.id,
      }),
    );
    const versions = this.isTold ? toldVersions(changes, rows) : changes;
    return joinedAsOf(this.kind, sales, versions, join).map(
      ({ sale, row }) => `${sale.key} ${sale.at} ${sale.id}=${row}`,
    );
  }

  /** Each event of a stream with its own slot, if that is open, and with the first slot that takes it. */
  filed(stream: StreamName, stage: string, resolutionMs: number) {
    const isUnited = stage === 'join' && !this.isTold;
    return this.lanes
      .filter((one) => one.stream === stream)
      .flatMap(({ lane }) => {
        const raises = this.raises.get(`${stage} ${isUnited ? `${stream}/` : ''}${lane}`) ?? [];
        let watermark = -8.64e15;
        return this.logs[stream].records(lane).map(({ data, position }, nth) => {
          for (const raise of raises) {
            if (raise.position < position) watermark = Math.max(watermark, raise.watermark);
          }
          const event = JSON.parse(Buffer.from(data).toString()) as Event;
          const own = Math.floor(event.at / resolutionMs) * resolutionMs + resolutionMs;
          const open = Math.floor((watermark + 1) / resolutionMs) * resolutionMs + resolutionMs;
          watermark = Math.max(watermark, event.at - LAG[stream] - 1);
          const slot = own < open ? undefined : own;
          return { slot, first: Math.max(own, open), event, lane, nth };
        });
      });
  }

  async lateCount(): Promise<number> {
    const lanes = [...this.store.items('control')].filter(({ sk }) => sk.startsWith('lane#'));
    return lanes.reduce((sum, { late }) => sum + Number(late), 0);
  }
}

const lineOf = ({ key, windowStart, value }: Pick<Output, 'key' | 'windowStart' | 'value'>) => {
  const { left, right } = value as { left: Event; right: { id: number } | null };
  return `${key} ${windowStart} ${left.id}=${right?.id ?? null}`;
};
