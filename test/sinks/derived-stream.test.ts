import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Engine, engine } from '../../src/engine/engine.ts';
import {
  MINUTES,
  type Plan,
  pipeline,
  SECONDS,
  stream,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { streamSink } from '../../src/sinks/kinesis-stream.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import type { Sink } from '../../src/sinks/sink.ts';
import { kinesisSource } from '../../src/sources/kinesis.ts';
import type { Source } from '../../src/sources/source.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';
import { kinesisClient, type TestStream, useServers } from '../runtime/local/servers.ts';
import { Crash } from '../support/chaos.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type Random, random } from '../support/random.ts';
import { streamRecords } from '../support/stream-records.ts';

/**
 * One pipeline writes a stream that another one reads, and the first one is made to fail in every way:
 * requests that are taken in part, replies that are lost, firings that die before or after they have
 * written, two firings of a bucket at once.
 */
const servers = useServers();
let between: TestStream;
let proxy: FaultProxy;
beforeEach(async () => {
  between = await servers.stream(3);
  proxy = await startFaultProxy(servers.kinesisEndpoint());
});
afterEach(() => proxy.stop());

const clicks = pipeline('clicks').stream('clicks', {
  schema: z.object({ at: z.number(), key: z.string() }),
  timestamp: (e) => e.at,
  outOfOrderness: 0,
});

const counting = (buckets: number, keysPerChunk: number): Plan =>
  clicks
    .keyBy((e) => e.key)
    .window(TumblingWindow.of(1, SECONDS))
    .count({ name: 'per-second', buckets, keysPerChunk })
    .to(stream('per-second'));

/** What others have counted, added up. */
const adding = pipeline('totals')
  .stream('counts', {
    schema: z.object({ key: z.string(), windowEnd: z.number(), value: z.number() }),
    timestamp: (e) => e.windowEnd - 1,
    outOfOrderness: 1 * MINUTES,
  })
  .keyBy((e) => e.key)
  .window(TumblingWindow.of(1, MINUTES))
  .sum((e) => e.value, { name: 'totals', buckets: 1 })
  .to(table('totals'));

describe('a derived stream', () => {
  test.each([1, 2, 3])('has every result once for who reads it (seed %i)', async (seed) => {
    const chance = random(seed);
    const counts = await writeStream(chance);
    const { totals, copies, repeated } = await readStream(chance);
    expect(totals).toEqual(counts);
    expect(copies).toBeGreaterThan(repeated);
    seen.push(repeated);
  });

  test('was really written more than once', () => {
    expect(Math.max(...seen)).toBeGreaterThan(10);
  });
});

const seen: number[] = [];
const KEYS = 20;
const EVENTS = 400;

/** Returns how many events there were of each key. */
async function writeStream(chance: Random): Promise<Record<string, number>> {
  const buckets = chance.pick([1, 2]);
  const log = memoryLog(() => NOW);
  log.open('a');
  const counts: Record<string, number> = {};
  for (let n = 0; n < EVENTS; n++) {
    const key = `k${chance.below(KEYS)}`;
    counts[key] = (counts[key] ?? 0) + 1;
    log.append('a', JSON.stringify({ at: n * 25, key }), NOW);
  }
  const sink = streamSink({
    client: kinesisClient(proxy.endpoint),
    streamName: between.name,
    producer: 'clicks',
    backoff: { baseMs: 1 },
  });
  const store = memoryStore();
  const start = (to: Sink): Engine =>
    running(counting(buckets, 3), { clicks: log }, { 'per-second': to }, store);
  await start(sink).gather('clicks', 'a', log.records('a'));
  await start(sink).raise('clicks', 'a', 20_000);
  for (let round = 0; round < 8; round++) {
    troubles(chance);
    const firings = [0, 1, 2].map(() => chance.below(buckets));
    await Promise.allSettled(
      firings.map((bucket) => start(dying(sink, chance)).fire('per-second', bucket, never)),
    );
  }
  for (let bucket = 0; bucket < buckets; bucket++) {
    expect(await start(sink).fire('per-second', bucket, never)).toBe('done');
  }
  return counts;
}

function troubles(chance: Random): void {
  const rest = chance.below(3);
  const which = (place: number): boolean => place % 3 === rest;
  proxy.inject(
    'PutRecords',
    ...[0, 1, 2].map(() =>
      chance.pick([{ kind: 'refuse records', which }, { kind: 'lose reply' }] as const),
    ),
  );
}

/** Writes, or dies before or after it. */
const dying = (sink: Sink, chance: Random): Sink => ({
  ...sink,
  async write(outputs) {
    if (chance.chance(0.2)) throw new Crash('before');
    await sink.write(outputs);
    if (chance.chance(0.4)) throw new Crash('after');
  },
});

async function readStream(chance: Random) {
  const source = kinesisSource({
    client: between.client,
    streamName: between.name,
    now: () => NOW,
  });
  const totals = memorySink();
  const store = memoryStore();
  const reader = running(adding, { counts: source }, { totals }, store);
  const shards = await streamRecords(between.client, between.name);
  for (const [shardId, records] of shards) {
    const lane = await source.laneOf(shardId);
    for (let from = 0; from < records.length; ) {
      const to = from + 1 + chance.below(20);
      await reader.gather('counts', lane, records.slice(Math.max(0, from - chance.below(5)), to));
      from = to;
    }
    await reader.raise('counts', lane, 5 * MINUTES);
  }
  await reader.fire('totals', 0, never);
  const lanes = await store.query('control', { pk: 'totals', from: 'lane#', to: 'lane#~' });
  return {
    totals: Object.fromEntries(totals.rows().map(({ key, value }) => [key, value])),
    copies: [...shards.values()].flat().length,
    repeated: lanes.items.reduce((sum, lane) => sum + Number(lane.duplicates ?? 0), 0),
  };
}

const NOW = 1_000_000;
const never = (): boolean => false;

const running = (
  plan: Plan,
  sources: Readonly<Record<string, Source>>,
  sinks: Readonly<Record<string, Sink>>,
  store = memoryStore(),
): Engine =>
  engine(plan, {
    store,
    sources,
    sinks,
    clock: () => NOW,
    deadLetters: memoryDeadLetters(),
    observe: () => undefined,
  });
