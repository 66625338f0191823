import type { Sink, Store } from 'tidemark';
import { memoryDeadLetters, memoryStore } from 'tidemark/testing';
import { kinesisRecord, LATER_MS, shardNamed, TICK } from '../ways/invocations.ts';
import { invoked } from '../ways/invoked.ts';
import type { RunLoad } from './call.ts';
import { CpuClock } from './cpu.ts';
import { arrivals, type Load, planOf } from './load.ts';

/** A shard a lane: each has its batch as soon as it is full, and what that closes is fired. */
export const overHandler: RunLoad = async (load) => {
  const shards = Array.from({ length: load.lanes }, (_, n) => shardNamed(n));
  const time = { now: 0 };
  const { store, written } = countingPuts(memoryStore({ pageSize: 1_000 }));
  const { sink, told } = counting();
  const around = { store, sink, deadLetters: memoryDeadLetters(), time, shards };
  const handler = invoked(planOf(load), around);
  const cpu = new CpuClock();
  const invoke = (event: object) =>
    cpu.during(async () => {
      await handler.deliver(event);
      await handler.fire();
    });
  for (const { records, arrivalTime } of batches(load, shards)) {
    time.now = arrivalTime;
    await invoke({ Records: records });
  }
  time.now += LATER_MS;
  await invoke(TICK);
  return { cpuSeconds: cpu.seconds, ...told, ...written };
};

interface ShardBatch {
  readonly records: readonly object[];
  /** Of the last of them, ms. */
  readonly arrivalTime: number;
}

function* batches(load: Load, shards: readonly string[]): Generator<ShardBatch> {
  const waiting: object[][] = shards.map(() => []);
  let number = 0;
  let arrivalTime = 0;
  for (const arrival of arrivals(load)) {
    const lane = number % shards.length;
    const shard = String(shards[lane]);
    const records = waiting[lane] ?? [];
    arrivalTime = arrival.arrivalTime;
    records.push(kinesisRecord({ number: number++, shard, ...arrival }));
    if (records.length < load.batch) continue;
    waiting[lane] = [];
    yield { records, arrivalTime };
  }
  for (const records of waiting) if (records.length > 0) yield { records, arrivalTime };
}

function counting() {
  const told = { rows: 0, counted: 0 };
  const sink: Sink = {
    async write(outputs) {
      told.rows += outputs.length;
      for (const { value } of outputs) told.counted += Number(value);
    },
    until: () => sink,
  };
  return { sink, told };
}

/** Of all that is put, nothing but segments goes to the state of a count. */
function countingPuts(inner: Store) {
  const written = { segments: 0 };
  const store: Store = {
    ...inner,
    async putAll(table, items) {
      written.segments += items.length;
      await inner.putAll(table, items);
    },
    until: () => store,
  };
  return { store, written };
}
