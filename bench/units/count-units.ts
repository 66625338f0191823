import { DAYS, type Sink } from 'tidemark';
import { memoryDeadLetters, memoryStore } from 'tidemark/testing';
import { itemBytes, writeUnits } from '../../src/dynamodb/units.ts';
import { bucketOfKey } from '../../src/engine/bucket.ts';
import { engine } from '../../src/engine/engine.ts';
import { encodeRow } from '../../src/sinks/dynamodb-row.ts';
import type { LogRecord } from '../../src/sources/source.ts';
import type { Job } from '../jobs/job.ts';
import { STREAM, TABLE } from '../jobs/streams.ts';
import { eachLine } from '../ways/lines.ts';
import { countedStore } from './counted-store.ts';

/** How a stream is cut. */
export interface Cut {
  readonly shards: number;
  /** Records an invocation. */
  readonly batch: number;
}

/** Write and read units a million events. */
export interface UnitsLine extends Cut {
  readonly job: string;
  /** Shuffle, state and control. */
  readonly written: number;
  readonly read: number;
  /** Rows of results. */
  readonly results: number;
}

/** Runs a job as a stream of so many shards would, and counts what it would cost in DynamoDB. */
export async function countUnits(job: Job, input: string, cut: Cut): Promise<UnitsLine> {
  const { store, units } = countedStore(memoryStore({ pageSize: 1_000 }));
  const lanes = Array.from({ length: cut.shards }, (_, n) => `shard-${n}`);
  const time = { now: 0 };
  let results = 0;
  const plan = job.plan('fields');
  const running = engine(plan, {
    store,
    clock: () => time.now,
    sources: {
      [STREAM]: {
        shards: async () => lanes.map((lane) => ({ lane, parents: [], closed: false })),
        probe: async () => ({ startedAt: time.now, behind: false, drained: false }),
      },
    },
    sinks: { [TABLE]: countingSink((written) => (results += written)) },
    deadLetters: memoryDeadLetters(),
    observe: () => {},
  });
  const fireAll = async (): Promise<void> => {
    for (const { name, buckets } of plan.stages) {
      for (let bucket = 0; bucket < buckets; bucket++)
        await running.fire(name, bucket, () => false);
    }
  };
  const events = await eachBatch(input, cut, async (shard, records) => {
    time.now = records.at(-1)?.arrivalTime ?? 0;
    const before = units.control.written;
    await running.gather(STREAM, `shard-${shard}`, records);
    // Claim and commit, and nothing was raised: nobody is told to fire.
    if (units.control.written - before > 2 * plan.stages.length) await fireAll();
  });
  time.now += DAYS;
  for (const _ of plan.stages) await running.tick(() => false);
  const million = (count: number): number => Math.round((count * 1e6) / events);
  return {
    job: job.name,
    ...cut,
    written: million(units.control.written + units.state.written),
    read: million(units.control.read + units.state.read),
    results: million(results),
  };
}

function countingSink(count: (written: number) => void): Sink {
  const sink: Sink = {
    async write(outputs) {
      for (const output of outputs) count(writeUnits(itemBytes(encodeRow(output))));
    },
    until: () => sink,
  };
  return sink;
}

type Take = (shard: number, records: readonly LogRecord[]) => Promise<void>;

/** Each shard's records, as many as a batch holds, when the last of them has arrived. */
async function eachBatch(input: string, { shards, batch }: Cut, take: Take): Promise<number> {
  const waiting: LogRecord[][] = Array.from({ length: shards }, () => []);
  const full: { shard: number; records: LogRecord[] }[] = [];
  let events = 0;
  let now = 0;
  eachLine(input, (line) => {
    const { dateTime, timestamp, user_id, bidder, id } = JSON.parse(line);
    now = Math.max(now, dateTime ?? Date.parse(timestamp));
    const shard = bucketOfKey(String(user_id ?? bidder ?? id), shards);
    const records = waiting[shard] as LogRecord[];
    const position = String(10 ** 12 + events++);
    records.push({ position, data: Buffer.from(line), arrivalTime: now });
    if (records.length < batch) return;
    full.push({ shard, records });
    waiting[shard] = [];
  });
  for (const { shard, records } of full) await take(shard, records);
  for (const [shard, records] of waiting.entries())
    if (records.length > 0) await take(shard, records);
  return events;
}
