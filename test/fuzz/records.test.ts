import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { itemBytes } from '../../src/dynamodb/units.ts';
import type { Tally } from '../../src/engine/lane.ts';
import { readTallies } from '../../src/engine/tallies.ts';
import {
  combine,
  lateEvents,
  type Observation,
  type Output,
  pipeline,
  SECONDS,
  type Sink,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { jsonLogger } from '../../src/observability/logger.ts';
import { emfLines, lambdaHandler } from '../../src/runtime/lambda/index.ts';
import { encodeRow } from '../../src/sinks/dynamodb-row.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { payloadsOf } from '../../src/sources/aggregated-record.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { testDriver } from '../../src/testing/index.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';
import { context, type Delivered, kinesisEvent } from '../runtime/lambda/invocations.ts';
import fc from '../support/fast-check.ts';
import { ARRIVAL, payload, SECRET } from './payloads.ts';

type BadRecord = 'deadLetter' | 'stop';

/** A schema that lets nearly everything pass, so that it meets what comes after. */
function plan(onBadRecord: BadRecord = 'deadLetter') {
  const stream = pipeline('fuzzed')
    .stream('events', {
      schema: z.looseObject({ at: z.unknown(), key: z.unknown(), value: z.unknown() }),
      timestamp: (e) => e.at as number,
      outOfOrderness: 5 * SECONDS,
      onBadRecord,
    })
    .filter((e) => e.value !== 7);
  const keyed = stream.keyBy((e) => e.key as string);
  const windows = keyed.window(TumblingWindow.of(10, SECONDS));
  return combine(
    windows.sideOutput(lateEvents('late')).count({ name: 'counts' }).to(table('counts')),
    windows.collect({ name: 'lists' }).to(table('lists')),
    windows.sum((e) => e.value as number, { name: 'sums' }).to(table('sums')),
    keyed.count({ name: 'totals' }).to(table('totals')),
    stream.map(({ note, value }) => ({ note, value })).to(table('each')),
  );
}

const STAGES = plan().stages.map(({ name }) => name);
const RELAY = plan().stages.find(({ buckets }) => buckets === 0)?.name ?? '';
const SINKS = ['counts', 'lists', 'sums', 'totals', 'each'];

describe('through the handler', () => {
  test('every record is counted once, or set aside; nothing waits, and nothing leaks', async () => {
    const reasons = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        const world = fuzzed(plan());
        for (const batch of world.put(all)) {
          expect(await world.deliver(batch)).toEqual([]);
          expect(await world.deliver(batch)).toEqual([]);
        }
        for (const stage of STAGES) {
          // No clock that is wrong makes others late.
          expect(Number((await world.lane(stage))?.watermark ?? 0)).toBeLessThan(ARRIVAL + SKEW_MS);
        }
        await world.close();
        await expectAccounted(world, all.flat());
        for (const { reason } of world.letters())
          reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }),
      { numRuns: RUNS },
    );
    const told = ['NOT_JSON', 'SCHEMA', 'TIMESTAMP', 'FUTURE', 'KEY', 'VALUE'];
    expect([...reasons.keys()].sort()).toEqual(told.sort());
  });

  test('a lane that stops at bad records stops at each, and goes on after it', async () => {
    let stops = 0;
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        const world = fuzzed(plan('stop'));
        let left = world.put(all).flat();
        while (left.length > 0) {
          const [stoppedAt] = await world.deliver(left);
          if (stoppedAt === undefined) break;
          const from = left.findIndex(({ position }) => position === stoppedAt);
          left = left.slice(from);
          expect(from).toBeGreaterThanOrEqual(0);
          expect(await world.deliver(left)).toEqual([stoppedAt]);
          // As whoever looks after it would: what is wrong with it does not go away.
          left = left.slice(1);
          stops += 1;
        }
        await world.close();
        expect(world.letters().filter(({ source }) => source === 'events')).toEqual([]);
        world.expectUnharmed();
      }),
      { numRuns: RUNS },
    );
    expect(stops).toBeGreaterThan(RUNS);
  });
});

test('the test driver takes them all, and tells where each went', async () => {
  await fc.assert(
    fc.asyncProperty(batches, async (all) => {
      const sent = all.flat();
      const driver = testDriver<number>(plan(), { now: ARRIVAL });
      await driver.send(...sent);
      const watermark = await driver.watermark('counts');
      expect(watermark).toBeLessThan(ARRIVAL + 60 * SECONDS);
      await driver.end();
      for (const { number } of driver.deadLetters().filter(({ source }) => source === 'events')) {
        expect(number).toSatisfy((n: number) => n >= 0 && n < sent.length);
      }
      expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(UNTOUCHED);
    }),
    { numRuns: RUNS },
  );
});

const RUNS = Number(process.env.RUNS ?? 50);
const batches = fc.array(fc.array(payload, { minLength: 1, maxLength: 8 }), { maxLength: 4 });
const UNTOUCHED = Object.getOwnPropertyNames(Object.prototype);
const SHARD = 'shardId-000000000000';
/** How far a clock may be ahead: the default of a stream. */
const SKEW_MS = 60 * SECONDS;

type World = ReturnType<typeof fuzzed>;

/** A plan in Lambda over ports in memory, of which the sinks refuse what a table would. */
function fuzzed(of: ReturnType<typeof plan>) {
  let now = ARRIVAL;
  const store = memoryStore();
  const log = memoryLog(() => now);
  log.open(SHARD);
  const sinks = Object.fromEntries(SINKS.map((name) => [name, memorySink()]));
  const [deadLetters, late] = [memoryDeadLetters(), memoryDeadLetters()];
  const lines: string[] = [];
  const broken: Observation[] = [];
  const write = (line: string): void => void lines.push(line);
  const handler = lambdaHandler(of, {
    store,
    sources: { events: { ...log, streamName: 'events', laneOf: async (shardId) => shardId } },
    sinks: Object.fromEntries(SINKS.map((name) => [name, asStrictAsATable(sinks[name] as Sink)])),
    deadLetters,
    lateEvents: { late },
    clock: () => now,
    metrics: emfLines(write),
    logger: jsonLogger({ write, clock: () => now, level: 'debug' }),
    observe: (seen) => void (['failed', 'undone'].includes(seen.kind) && broken.push(seen)),
  });
  const deliver = async (batch: readonly Delivered[]): Promise<string[]> => {
    const { batchItemFailures } = await handler(kinesisEvent('events', SHARD, batch), context());
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  const put = (data: Uint8Array): Delivered => log.append(SHARD, data, now);
  return {
    store,
    deliver,
    put: (all: readonly (readonly Uint8Array[])[]) => all.map((batch) => batch.map(put)),
    letters: () => deadLetters.letters(),
    late: () => late.letters(),
    rows: (sink: string): readonly Output[] => sinks[sink]?.rows() ?? [],
    lane: (stage: string) => store.get('control', { pk: stage, sk: `lane#${SHARD}` }),
    /** A good event, as late as it may be, passes all others; the schedule fires what it closes. */
    async close() {
      now += 10 * 60 * SECONDS;
      const event = { at: now + SKEW_MS, key: SECRET, value: 7 };
      expect(await deliver([put(Buffer.from(JSON.stringify(event)))])).toEqual([]);
      await handler({ tidemark: 'tick' }, context());
    },
    expectUnharmed() {
      expect(broken).toEqual([]);
      expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(UNTOUCHED);
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.filter((line) => line.includes(SECRET) || line.includes('polluted'))).toEqual(
        [],
      );
      for (const item of store.items('control')) {
        if (item.sk === 'fire') expect(item.firedThrough).toBe(item.target);
      }
    },
  };
}

async function expectAccounted(world: World, payloads: readonly Uint8Array[]): Promise<void> {
  world.expectUnharmed();
  // With the one that closes the windows.
  const records = payloads.flatMap(payloadsOf).length + 1;
  const tallies = await Promise.all(STAGES.map((name) => readTallies(world.store, { name })));
  for (const tally of tallies) expect(tally).toMatchObject({ records });
  const ofRecords = world.letters().filter(({ source }) => source === 'events');
  for (const { deadLetters } of tallies) expect(deadLetters).toBeLessThanOrEqual(ofRecords.length);
  const [counts, each] = ['counts', RELAY].map(
    (name) => tallies[STAGES.indexOf(name)] as Tally,
  ) as [Tally, Tally];
  const total = (sink: string): number =>
    world.rows(sink).reduce((sum, { value }) => sum + Number(value), 0);
  expect(total('counts') + counts.filtered + counts.late + counts.deadLetters).toBe(records);
  expect(world.late()).toHaveLength(counts.late);
  expect(world.rows('each').length + each.filtered + each.deadLetters).toBe(records);
  const last = ARRIVAL + 10 * 60 * SECONDS + SKEW_MS;
  for (const stage of STAGES) {
    expect((await world.lane(stage))?.watermark).toBe(last - 5 * SECONDS - 1);
  }
}

/** Refuses what DynamoDB refuses, for ever: nothing may come so far. */
function asStrictAsATable(sink: Sink): Sink {
  return {
    ...sink,
    async write(outputs) {
      for (const output of outputs) {
        const item = encodeRow(output);
        expect(itemBytes(item)).toBeLessThan(400 * 1024);
        expectStorable(item.value, 1);
      }
      await sink.write(outputs);
    },
    until: (signal) => asStrictAsATable(sink.until(signal)),
  };
}

function expectStorable(value: unknown, depth: number): void {
  if (typeof value === 'string') expect(value.isWellFormed()).toBe(true);
  if (typeof value !== 'object' || value === null) return;
  const { M, L, S } = value as { M?: object; L?: unknown[]; S?: string };
  if (S !== undefined) expectStorable(S, depth);
  if (M ?? L) expect(depth).toBeLessThanOrEqual(32);
  for (const [name, part] of Object.entries(M ?? L ?? {})) {
    expect(name).not.toBe('');
    expectStorable(name, depth);
    expectStorable(part, depth + 1);
  }
}
