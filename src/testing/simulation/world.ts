import { parseBucketKey } from '../../engine/keys.ts';
import type { Ports } from '../../engine/ports.ts';
import type { LookupKey, LookupTable } from '../../lookups/lookup.ts';
import { memoryLookup } from '../../lookups/memory.ts';
import { type MemoryDeadLetters, memoryDeadLetters } from '../../sinks/memory.ts';
import type { Sink } from '../../sinks/sink.ts';
import { memoryStore } from '../../store/memory.ts';
import type { Item } from '../../store/store.ts';
import { HOURS, MINUTES, SECONDS } from '../../time/duration.ts';
import { type Plan, sinksOf } from '../../topology/plan.ts';
import { type Capacity, metered } from './capacity.ts';
import type { Chance } from './chance.ts';
import { planBefore } from './deployment.ts';
import { type FaultKind, type Faults, NO_FAULTS } from './faults.ts';
import { Functions } from './functions.ts';
import { Inflow } from './inflow.ts';
import { Invariants } from './invariants.ts';
import { Crash } from './invocation.ts';
import { SimulatedLog } from './log.ts';
import { pollStream } from './poller.ts';
import { type Scheduler, scheduler } from './scheduler.ts';
import { START } from './trace-line.ts';

/** The rows of tables that are looked up, by their names in the plan. */
export type RowsByTable = Readonly<Record<string, readonly (readonly [LookupKey, unknown])[]>>;

/** What is left out of a run that otherwise goes as it went: the n-th record, the n-th fault. */
export interface Without {
  readonly records: ReadonlySet<number>;
  readonly faults: ReadonlySet<number>;
}

export interface WorldOptions {
  readonly chance: Chance;
  readonly faults: Faults;
  /** Makes the records of a stream, as they are put into it. */
  readonly produce: (stream: string, now: number) => string | Uint8Array;
  /** How many records in all. */
  readonly records: number;
  readonly without: Without;
  readonly lookups: RowsByTable;
  /** Told whether somebody has repaired what lanes stop at. */
  readonly repaired: (isRepaired: boolean) => void;
  readonly trace?: (line: string) => void;
}

/** How often shards are looked into and the schedule ticks. */
const USUAL = { pollMs: 5 * SECONDS, tickMs: 12 * SECONDS };
const HEALING = { pollMs: MINUTES, tickMs: 2 * MINUTES };
/** Where nothing new happens any more. */
const SLOW = { pollMs: 3 * HOURS, tickMs: 6 * HOURS };
/** More of them say nothing new. */
const FAILURES_MAX = 3;

/**
 * Everything that AWS is to a pipeline, in virtual time, and what goes wrong with it: the streams and
 * their mappings, the tables, the control stream, the schedule, and the processes that run the engine.
 */
export class World {
  readonly plan: Plan;
  readonly scheduler: Scheduler = scheduler(START);
  readonly store;
  readonly invariants: Invariants;
  readonly streams: ReadonlyMap<string, SimulatedLog>;
  readonly letters = memoryDeadLetters();
  readonly lookups: Readonly<Record<string, LookupTable>>;
  readonly late: ReadonlyMap<string, MemoryDeadLetters>;
  readonly injected = new Map<FaultKind, number>();
  faultsDrawn = 0;
  lastRecordAt = START;
  readonly capacity: Capacity = { readUnits: 0, writeUnits: 0 };
  /** What must not happen: broken promises, and failures that no fault explains. */
  readonly failures: unknown[] = [];
  readonly #options: WorldOptions;
  #faults: Faults;
  readonly #detached = new Set<Promise<unknown>>();
  /** Buckets that are told to fire and have not done so. */
  readonly #told = new Map<string, number>();
  #running = true;
  #pace = USUAL;
  readonly #before: Plan;
  readonly #inflows: ReadonlyMap<string, Inflow>;
  readonly #functions: Functions;

  constructor(plan: Plan, options: WorldOptions) {
    const { chance } = options;
    this.plan = plan;
    this.#options = options;
    this.#faults = options.faults;
    this.invariants = new Invariants(
      (stage) => isRelaying(plan, stage),
      (lane) => [...this.streams.values()].flatMap((log) => log.parents(lane)),
    );
    this.store = memoryStore({ pageSize: chance.pick([1, 2, 5, 100]) });
    this.streams = new Map(
      plan.sources.map(({ name }) => [
        name,
        new SimulatedLog(name, chance.pick([1, 1, 2, 3]), () => this.scheduler.now, chance),
      ]),
    );
    this.#inflows = new Map([...this.streams].map(([stream, log]) => [stream, this.#inflow(log)]));
    const places = plan.stages.flatMap(({ late }) => late.sideOutput?.name ?? []);
    this.late = new Map(places.map((name) => [name, memoryDeadLetters()]));
    this.lookups = Object.fromEntries(
      Object.entries(options.lookups).map(([name, rows]) => [name, memoryLookup(rows)]),
    );
    this.#before = this.#draws('newStage', 'the plan') ? planBefore(plan, chance) : plan;
    this.#functions = new Functions(this.#before, {
      scheduler: this.scheduler,
      chance,
      ports: this.#portsOf(plan),
      draws: (kind, where) => this.#draws(kind, where),
      detach: (work) => this.#detach(work),
      failed: (error) => this.#failed(error),
      trace: options.trace && ((line) => this.#trace(line)),
    });
  }

  #inflow(log: SimulatedLog): Inflow {
    const { chance, faults } = this.#options;
    return new Inflow({
      log,
      chance,
      isSealed: faults.producerRepeats > 0,
      draws: (kind, where) => this.#draws(kind, where),
      trace: (line, shown) => this.#trace(line, shown),
    });
  }

  /** Records come and faults happen; then all heals, and what is left is dealt with. */
  async run(): Promise<void> {
    this.#options.repaired(false);
    for (const stream of this.streams.keys()) this.#spawn(this.#mapping(stream));
    this.#spawn(this.#schedule());
    const { records, chance, produce, without } = this.#options;
    const deployAt = this.#before === this.plan ? records : chance.below(records);
    for (let n = 0; n < records; n++) {
      if (n === deployAt) await this.#deploy();
      await this.scheduler.runUntil(this.scheduler.now + chance.below(4 * SECONDS));
      const [stream, inflow] = chance.pick([...this.#inflows]);
      const now = this.scheduler.now;
      const record = produce(stream, now);
      if (!without.records.has(n)) inflow.put(record, now);
      this.lastRecordAt = now;
      inflow.befall(now);
    }
    this.#faults = NO_FAULTS;
    this.#options.repaired(true);
    // All that was given up, frozen or late comes to its end; then time goes on until all is closed.
    this.#pace = HEALING;
    // A shard is read when its parents are.
    const generations = Math.max(...[...this.streams.values()].map((log) => log.generations));
    const healingMs = 5 * MINUTES + 2 * (generations - 1) * HEALING.pollMs;
    await this.scheduler.runUntil(this.scheduler.now + healingMs);
    this.#pace = SLOW;
    // A tick a stage, and one to begin with: each closes what the one before it has told.
    const ticks = this.plan.stages.length + 1;
    await this.scheduler.runUntil(this.scheduler.now + ticks * SLOW.tickMs);
    this.#running = false;
    await this.scheduler.runUntil(this.scheduler.now + 2 * SLOW.tickMs);
  }

  /** The stages that were not there come, where those before them have got to by then. */
  async #deploy(): Promise<void> {
    await this.#functions.deploy(this.plan);
    for (const item of this.store.items('control')) {
      if (item.sk.startsWith('lane#')) this.invariants.wasReached(item);
    }
  }

  /** `shown`: what it is about, in words of the user's. */
  #trace(line: string, shown?: unknown): void {
    const { trace } = this.#options;
    if (trace === undefined) return;
    const about =
      shown === undefined ? '' : ` ${typeof shown === 'string' ? shown : JSON.stringify(shown)}`;
    trace(`${this.scheduler.now - START} ${line}${about}`);
  }

  /** True if a fault of this kind happens here. */
  #draws(kind: FaultKind, where: string): boolean {
    const { chance, without } = this.#options;
    if (!chance.happens(this.#faults[kind])) return false;
    if (without.faults.has(this.faultsDrawn++)) return false;
    this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1);
    this.#trace(`fault ${kind} at ${where}`);
    return true;
  }

  async #mapping(stream: string): Promise<void> {
    await pollStream(this.streams.get(stream) as SimulatedLog, {
      chance: this.#options.chance,
      sleep: (ms) => this.scheduler.sleep(ms),
      draws: (kind, where) => this.#draws(kind, where),
      running: () => this.#running,
      pollMs: () => this.#pace.pollMs,
      spawn: (work) => this.#spawn(work),
      gather: (lane, records) =>
        this.#functions.invoke(`gather ${lane}`, async (running) => {
          this.#functions.requireMapped(stream);
          return running.gather(stream, lane, records);
        }),
      failed: (error) => this.#failed(error),
    });
  }

  async #schedule(): Promise<void> {
    while (this.#running) {
      await this.scheduler.sleep(this.#pace.tickMs);
      if (this.#draws('tickMissed', 'tick')) continue;
      const times = this.#draws('tickTwice', 'tick') ? 2 : 1;
      for (let n = 0; n < times; n++) {
        this.#spawn(
          this.#functions
            .invoke('tick', (running, outOfTime) => running.tick(outOfTime))
            .catch((error) => this.#failed(error)),
        );
      }
    }
  }

  /** What the stream of the control table tells: a bucket whose target is beyond what it has fired. */
  #changed(item: Item): void {
    const place = parseBucketKey(item);
    if (place === undefined) return;
    if (Number(item.firedThrough ?? Number.NEGATIVE_INFINITY) >= Number(item.target)) return;
    const id = `${place.stage} ${place.bucket}`;
    const times = this.#draws('controlTwice', id) ? 2 : 1;
    for (let n = 0; n < times; n++) this.#spawn(this.#fire(place.stage, place.bucket, id));
  }

  async #fire(stage: string, bucket: number, id: string): Promise<void> {
    const { chance } = this.#options;
    if ((this.#told.get(id) ?? 0) > 3) return;
    this.#told.set(id, (this.#told.get(id) ?? 0) + 1);
    await this.scheduler.sleep(
      this.#draws('controlLate', id) ? chance.below(5 * MINUTES) : chance.below(500),
    );
    for (;;) {
      try {
        const done = await this.#functions.invoke(`fire ${id}`, (running, outOfTime) =>
          running.fire(stage, bucket, outOfTime),
        );
        if (done === 'done') break;
      } catch (error) {
        this.#failed(error);
        await this.scheduler.sleep(chance.below(10 * SECONDS));
      }
    }
    this.#told.set(id, (this.#told.get(id) ?? 1) - 1);
  }

  #portsOf(plan: Plan): Ports {
    const changed = (item: Item): void => this.#changed(item);
    const sinkOf = (name: string): Sink => {
      const sink: Sink = {
        write: async (outputs) => {
          for (const output of outputs) {
            this.#trace(`told ${name}`, output);
            this.invariants.told(name, output, isRelaying(plan, output.stage));
          }
        },
        until: () => sink,
      };
      return sink;
    };
    return {
      store: this.invariants.watched(metered(this.store, this.capacity), changed),
      clock: () => this.scheduler.now,
      sources: Object.fromEntries(
        [...this.streams].map(([name, { log }]) => [name, this.invariants.probing(log)]),
      ),
      sinks: Object.fromEntries(sinksOf(plan).map(({ sink }) => [sink.name, sinkOf(sink.name)])),
      deadLetters: this.letters,
      lateEvents: Object.fromEntries(this.late),
      lookups: this.lookups,
      observe: () => undefined,
    };
  }

  #spawn(work: Promise<unknown>): void {
    this.#detach(work.catch((error) => this.failures.push(error)));
  }

  #detach(work: Promise<unknown>): void {
    this.#detached.add(work);
    work.finally(() => this.#detached.delete(work)).catch(() => undefined);
  }

  /** Crashes and what can be tried again are the world's doing; anything else is ours. */
  #failed(error: unknown): void {
    if (error instanceof Crash || (error as { retryable?: boolean }).retryable) return;
    if (this.failures.length < FAILURES_MAX) this.failures.push(error);
  }
}

/** A stage without keys tells events as they come, and stores nothing. */
const isRelaying = (plan: Plan, stage: string): boolean =>
  plan.stages.some(({ name, buckets }) => name === stage && buckets === 0);
