import { type Engine, engine } from '../engine/engine.ts';
import { memoryLookup } from '../lookups/memory.ts';
import type { Observation } from '../observability/observer.ts';
import { memoryDeadLetters } from '../sinks/memory.ts';
import type { LogRecord } from '../sources/source.ts';
import { memoryStore } from '../store/memory.ts';
import { lookupsOf } from '../topology/lookup.ts';
import { laneIn, type Plan, sinksOf } from '../topology/plan.ts';
import type { DriverLane, DriverLanes } from './driver-lanes.ts';
import { recordingSink } from './recording-sink.ts';

/** Records of one batch of which a stage found some to be late. */
export interface LateInBatch {
  readonly stage: string;
  readonly lane: DriverLane;
  readonly records: readonly LogRecord[];
  /** How many of them. */
  readonly late: number;
}

/** Reads are paged in production; in a test a page has all that it needs. */
const PAGE_SIZE = 10_000;

/** The engine of a plan over ports in memory: every step fires all that it closes before it returns. */
export class DriverEngine {
  readonly store = memoryStore({ pageSize: PAGE_SIZE });
  readonly deadLetters = memoryDeadLetters();
  readonly sinks;
  readonly lookups;
  readonly late: LateInBatch[] = [];

  readonly #plan: Plan;
  readonly #engine: Engine;
  /** Stages that have closed slots which are not fired yet. */
  readonly #advanced = new Set<string>();
  #batch: Pick<LateInBatch, 'lane' | 'records'> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(plan: Plan, lanes: DriverLanes, clock: () => number) {
    this.#plan = plan;
    this.sinks = new Map(sinksOf(plan).map(({ sink }) => [sink.name, recordingSink()]));
    this.lookups = new Map(lookupsOf(plan).map((name) => [name, memoryLookup()]));
    const sideOutputs = plan.stages.flatMap(({ late }) => late.sideOutput?.name ?? []);
    this.#engine = engine(plan, {
      store: this.store,
      clock,
      sources: lanes.logs,
      sinks: Object.fromEntries(this.sinks),
      deadLetters: this.deadLetters,
      lookups: Object.fromEntries(this.lookups),
      // What is late is told by late(); what the plan keeps of it is not asked for.
      lateEvents: Object.fromEntries(sideOutputs.map((name) => [name, memoryDeadLetters()])),
      observe: (observation) => this.#observe(observation),
    });
  }

  /** Returns the position at which the lane waits, if it does. */
  async gather(lane: DriverLane, records: readonly LogRecord[]): Promise<string | undefined> {
    this.#batch = { lane, records };
    const { stoppedAt } = await this.#engine.gather(lane.stream, lane.name, records);
    await this.#settle();
    return stoppedAt;
  }

  async raise(lane: DriverLane, watermark: number): Promise<void> {
    await this.#engine.raise(lane.stream, lane.name, watermark);
    await this.#settle();
  }

  async tick(): Promise<void> {
    await this.#engine.tick(never);
    await this.#settle();
  }

  #observe(observation: Observation): void {
    const { kind, stage } = observation;
    if (kind === 'advanced') this.#advanced.add(stage);
    if (kind === 'failed') this.#failure = observation;
    if (kind !== 'gathered' || observation.late === 0 || this.#batch === undefined) return;
    const { lane } = this.#batch;
    const reader = this.#plan.stages.find(({ name }) => name === stage);
    if (reader === undefined || laneIn(reader, lane.stream, lane.name) !== observation.lane) return;
    this.late.push({ stage, ...this.#batch, late: observation.late });
  }

  /** Until nothing is due: firing a stage can close slots of the next. */
  async #settle(): Promise<void> {
    while (this.#advanced.size > 0) {
      const due = this.#plan.stages.filter(({ name }) => this.#advanced.delete(name));
      for (const { name, buckets } of due) {
        for (let bucket = 0; bucket < buckets; bucket++) {
          await this.#engine.fire(name, bucket, never);
        }
      }
    }
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.error;
  }
}

const never = (): boolean => false;
