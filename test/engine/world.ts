import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import {
  type Observation,
  pipeline,
  SECONDS,
  type Store,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';

export const STAGE = 'per-key';

export interface WorldOptions {
  /** ms; default none. */
  readonly maxDelay?: number;
  readonly buckets?: number;
  /** Between the engine and the store. */
  readonly around?: (store: Store) => Store;
}

/** A one-stage pipeline over a log, a store and sinks in memory: windows of 10 s, nothing out of order. */
export function world(options: WorldOptions = {}) {
  let now = 1_000_000;
  const store = memoryStore();
  const log = memoryLog(() => now);
  const sink = memorySink();
  const deadLetters = memoryDeadLetters();
  const seen: Observation[] = [];
  const plan = pipeline('test')
    .stream('events', {
      schema: z.object({ at: z.number(), key: z.string() }),
      timestamp: (e) => e.at,
      outOfOrderness: 0,
      ...(options.maxDelay === undefined ? {} : { maxDelay: options.maxDelay }),
    })
    .keyBy((e) => e.key)
    .window(TumblingWindow.of(10, SECONDS))
    .count({ name: STAGE, buckets: options.buckets ?? 2 })
    .to(table('results'));
  const start = () =>
    engine(plan, {
      store: options.around?.(store) ?? store,
      clock: () => now,
      sources: { events: log },
      sinks: { results: sink },
      deadLetters,
      observe: (observation) => seen.push(observation),
    });
  const running = start();
  const never = (): boolean => false;
  return {
    plan,
    store,
    log,
    sink,
    deadLetters,
    seen,
    running,
    start,
    set now(ms: number) {
      now = ms;
    },
    append(lane: string, ...times: number[]) {
      return times.map((at) => log.append(lane, JSON.stringify({ at, key: 'k' }), now));
    },
    gather: (lane: string, records = log.records(lane)) => running.gather('events', lane, records),
    tick: () => running.tick(never),
    async fireAll() {
      for (let bucket = 0; bucket < (options.buckets ?? 2); bucket++) {
        await running.fire(STAGE, bucket, never);
      }
    },
    /** Key and start of each window with its value. */
    results: () =>
      Object.fromEntries(sink.rows().map((row) => [`${row.windowStart} ${row.key}`, row.value])),
    async lane(lane: string) {
      return store.get('control', { pk: STAGE, sk: `lane#${lane}` });
    },
    async lanes() {
      return (await store.get('control', { pk: STAGE, sk: 'lanes' }))?.lanes;
    },
    async target() {
      return (await store.get('control', { pk: `${STAGE}#bucket#0`, sk: 'fire' }))?.target;
    },
  };
}
