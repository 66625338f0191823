import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import {
  type AuditEntry,
  combine,
  HOURS,
  type Plan,
  pipeline,
  SECONDS,
  table,
} from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import type { Output, Sink } from '../../src/sinks/sink.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { Change, Key } from '../../src/store/store.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';
import { slotCovering } from '../../src/time/slot.ts';
import { Crash, chaosStore, turns } from '../support/chaos.ts';
import { random } from '../support/random.ts';
import { audited, firsts, type Said, type Taken, traced } from './plain-processes.ts';

const SEEDS = Number(process.env.SEEDS ?? 60);
const FIRST = Number(process.env.SEED ?? 1);

/**
 * Keyed state machines, whatever the batches, the interleaving, the crashes and the redeliveries:
 * their tables hold what plain loops over the sorted events of the same lanes say.
 */
describe('any batching, any retry, any interleaving of lanes', () => {
  const seeds = process.env.SEED ? [FIRST] : Array.from({ length: SEEDS }, (_, i) => FIRST + i);
  const groups = Array.from({ length: 10 }, (_, n) => seeds.filter((seed) => seed % 10 === n));
  test.each(groups.filter((group) => group.length > 0))(
    'a process, a deduplication and an evolution give the plain answer (seeds %i, ...)',
    async (...group) => {
      for (const seed of group) await new World(seed).run();
    },
  );
});

const OUT_OF_ORDER = 5 * SECONDS;
const RESOLUTION = SECONDS;

class World {
  readonly chance;
  readonly seed: number;
  readonly log = memoryLog(() => this.now);
  readonly store = memoryStore({ pageSize: 3 });
  readonly sinks = {
    trace: memorySink(),
    firsts: memorySink(),
    states: memorySink(),
    audit: memorySink(),
  };
  readonly order;
  readonly withinMs: number;
  readonly latenessMs: number;
  readonly plan: Plan;
  readonly lanes: readonly string[];
  readonly checkpoints = new Map<string, number>();
  /** By stage and lane: from which position on its watermark was raised, and to what. */
  readonly raises = new Map<string, { position: string; watermark: number }[]>();
  readonly contents = new Map<string, string>();
  readonly failures: unknown[] = [];
  now = 1_000_000_000;
  crashes = 0.03;
  /** Of events so far. */
  count = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.chance = random(seed);
    this.order = turns(this.chance);
    this.withinMs = this.chance.pick([0, 700, 4 * SECONDS]);
    this.latenessMs = this.chance.pick([0, 3 * SECONDS, 30 * SECONDS]);
    this.plan = this.#plan();
    this.lanes = ['lane-0', 'lane-1', 'lane-2'].slice(0, 1 + this.chance.below(3));
    for (const lane of this.lanes) this.log.open(lane, []);
  }

  #plan(): Plan {
    const { withinMs: within, latenessMs: allowedLateness } = this;
    const options = () => ({
      buckets: this.chance.pick([1, 2]),
      keysPerChunk: this.chance.pick([1, 500]),
    });
    const events = pipeline('test').stream('events', {
      schema: z.object({
        at: z.number(),
        key: z.string(),
        n: z.number(),
        after: z.array(z.number()),
        not: z.boolean(),
      }),
      timestamp: (event) => event.at,
      outOfOrderness: OUT_OF_ORDER,
      maxDelay: HOURS,
    });
    const trace = events
      .keyBy(({ key }) => key)
      .process<unknown, { count: number }>({
        ...options(),
        name: 'traced',
        initial: { count: 0 },
        onEvent({ state, emit, setTimer, deleteTimer, time, random }, { n, after, not }) {
          const { count } = state.get();
          state.set({ count: count + 1 });
          emit([`event ${n}`, count + 1, random()]);
          for (const delay of after) (not ? deleteTimer : setTimer)(time + delay);
        },
        onTimer({ state, emit, setTimer, random }, { time, name }) {
          const { count } = state.get();
          emit([`timer ${name}`, count, random()]);
          if (time % 2 === 0 && name.length < 3) setTimer(time + 1_500, `${name}x`);
          if (time % 5 === 0) state.clear();
        },
      });
    const evolved = events
      .keyBy(({ key }) => key)
      .evolve<number[]>({
        ...options(),
        name: 'evolved',
        allowedLateness,
        initial: [],
        apply: (list, { n }) => (n % 11 === 0 ? undefined : [...list, n]),
      });
    return combine(
      trace.to(table('trace')),
      events
        .dedupe({ ...options(), name: 'firsts', by: ({ key }) => key, within })
        .to(table('firsts')),
      evolved.to(table('states')),
      evolved.audit().to(table('audit')),
    );
  }

  async run(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      this.now += this.chance.below(4 * SECONDS);
      this.produce();
      const work = Array.from({ length: 1 + this.chance.below(5) }, () => this.something());
      await this.order.run(work);
    }
    this.crashes = 0;
    for (const lane of this.lanes) {
      await this.order.run([this.deliver(lane, this.log.records(lane).length)]);
    }
    for (let round = 0; round < 3; round++) {
      this.now += 3 * HOURS;
      await this.order.run([this.engine().tick(() => false)]);
    }
    this.check();
  }

  async something(): Promise<void> {
    try {
      const what = this.chance.next();
      const { name, buckets } = this.chance.pick(this.plan.stages);
      if (what < 0.5) await this.deliver(this.chance.pick(this.lanes));
      else if (what < 0.9)
        await this.engine().fire(name, this.chance.below(buckets), () => this.chance.chance(0.3));
      else await this.engine().tick(() => false);
    } catch (error) {
      if (error instanceof Crash || (error as { retryable?: boolean }).retryable) return;
      throw new Error(`seed ${this.seed}`, { cause: error });
    }
  }

  /** A batch from anywhere up to the checkpoint, as redeliveries come. */
  async deliver(lane: string, upTo?: number): Promise<void> {
    const records = this.log.records(lane);
    const checkpoint = this.checkpoints.get(lane) ?? 0;
    const from = this.chance.chance(0.2) ? this.chance.below(checkpoint + 1) : checkpoint;
    const to = upTo ?? Math.min(records.length, from + 1 + this.chance.below(6));
    if (from >= to) return;
    await this.engine().gather('events', lane, records.slice(from, to));
    this.checkpoints.set(lane, Math.max(checkpoint, to));
  }

  /** A new process for every piece of work: nothing is remembered. */
  engine() {
    const { chance, order } = this;
    const wrote = (key: Key, change: Change) => this.noteRaise(key, change);
    const names = Object.entries(this.sinks);
    return engine(this.plan, {
      store: chaosStore(this.store, { chance, turns: order, crashes: () => this.crashes, wrote }),
      clock: () => this.now,
      sources: { events: this.log },
      sinks: Object.fromEntries(names.map(([name, sink]) => [name, this.checked(name, sink)])),
      deadLetters: memoryDeadLetters(),
      observe: (seen) => {
        if (seen.kind === 'failed' && !(seen.error instanceof Crash))
          this.failures.push(seen.error);
      },
    });
  }

  noteRaise({ pk, sk }: Key, { set }: Change): void {
    if (!sk.startsWith('lane#') || set?.watermark === undefined || set.position !== undefined)
      return;
    const lane = [...this.store.items('control')].find((item) => item.pk === pk && item.sk === sk);
    const raise = { position: String(lane?.position ?? '0'), watermark: Number(set.watermark) };
    const id = `${pk} ${sk.slice('lane#'.length)}`;
    this.raises.set(id, [...(this.raises.get(id) ?? []), raise]);
  }

  /** An output has one content, whoever computes it and how often. */
  checked(name: string, sink: Sink): Sink {
    return {
      write: async (outputs) => {
        for (const output of outputs) {
          const { stage, bucket, slot, chunk, key, index, value, old, windowStart } = output;
          const identity = JSON.stringify([name, stage, bucket, slot, chunk, key, index]);
          const content = JSON.stringify([value, old, windowStart]);
          const known = this.contents.get(identity) ?? content;
          if (known !== content) throw new Error(`seed ${this.seed}: ${identity} has two contents`);
          this.contents.set(identity, content);
          // Whoever reads on would find it late.
          if (windowStart < slot - RESOLUTION)
            throw new Error(`seed ${this.seed}: ${identity} is old`);
        }
        await sink.write(outputs);
      },
      until: () => this.checked(name, sink),
    };
  }

  produce(): void {
    for (let i = this.chance.below(6); i > 0; i--) {
      const behind = this.chance.chance(0.1) ? 40 * SECONDS : OUT_OF_ORDER + SECONDS;
      const delays = [0, 1, 500, 999, 1_000, 2_500, 8 * SECONDS, -3 * SECONDS];
      const event: Said = {
        at: this.eventTime(this.chance.below(behind)),
        key: `k${this.chance.below(3)}`,
        n: this.count++,
        after: Array.from({ length: this.chance.below(4) }, () => this.chance.pick(delays)),
        not: this.chance.chance(0.2),
      };
      this.log.append(this.chance.pick(this.lanes), JSON.stringify(event), this.now);
    }
  }

  /** Often right at the boundary of a slot, often at the same time as others. */
  eventTime(behind: number): number {
    const at = this.now - behind;
    if (this.chance.chance(0.4)) return at;
    return at - (at % SECONDS) + this.chance.pick([-1, 0, 1, 500]);
  }

  check(): void {
    const message = `seed ${this.seed}`;
    expect(this.failures, message).toEqual([]);
    const rows = (name: keyof typeof this.sinks) => this.sinks[name].rows();
    const trace = rows('trace').map((row) => [
      row.key,
      row.windowStart,
      ...(row.value as unknown[]).slice(0, 2),
    ]);
    expect(sorted(trace), message).toEqual(sorted(traced(this.taken('traced', 0))));
    const kept = rows('firsts').map(({ value }) => (value as Said).n);
    expect(sorted(kept), message).toEqual(
      sorted(firsts(this.taken('firsts', 0), this.withinMs).map(({ n }) => n)),
    );
    const { states, entries } = audited(this.taken('evolved', this.latenessMs));
    expect(sorted(rows('states').map(({ key, value }) => [key, value])), message).toEqual(
      sorted(states),
    );
    expect(sorted(newest(rows('audit'))), message).toEqual(sorted(entries));
  }

  /** The events that a stage takes, judged one lane after the other, one record after the other. */
  taken(stage: string, latenessMs: number): Taken[] {
    return this.lanes.flatMap((lane) => {
      let watermark = -8.64e15;
      const raises = this.raises.get(`${stage} ${lane}`) ?? [];
      return this.log.records(lane).flatMap(({ data, position }): Taken[] => {
        for (const raise of raises)
          if (raise.position < position) watermark = Math.max(watermark, raise.watermark);
        const said = JSON.parse(Buffer.from(data).toString()) as Said;
        const isLate = slotCovering(said.at + latenessMs, RESOLUTION) - 1 <= watermark;
        watermark = Math.max(watermark, said.at - OUT_OF_ORDER - 1);
        return isLate ? [] : [{ ...said, place: `${lane} ${position.padStart(12)}` }];
      });
    });
  }
}

/** The last thing that was said of each event. */
function newest(rows: readonly Output[]): unknown[] {
  const last = new Map<string, AuditEntry<Said, number[]>>();
  for (const { value } of rows) {
    const entry = value as AuditEntry<Said, number[]>;
    const id = JSON.stringify(entry.event);
    if ((last.get(id)?.revision ?? -1) < entry.revision) last.set(id, entry);
  }
  return [...last.values()].map(({ key, event, before, after }) => [key, event.n, before, after]);
}

const sorted = (list: readonly unknown[]): string[] =>
  list.map((one) => JSON.stringify(one)).sort();
