import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import type { ConsumedUnits } from '../../../src/dynamodb/units.ts';
import {
  lateEvents,
  type Plan,
  pipeline,
  SECONDS,
  type Sink,
  type Store,
  TumblingWindow,
  table,
} from '../../../src/index.ts';
import { METRIC_UNITS } from '../../../src/observability/metric-names.ts';
import {
  emfLines,
  type Handler,
  jsonLogger,
  type LambdaOptions,
  lambdaHandler,
} from '../../../src/runtime/lambda/index.ts';
import { sealed } from '../../../src/schema/envelope.ts';
import { deadLetterTable } from '../../../src/sinks/dynamodb-dead-letters.ts';
import { tableSink } from '../../../src/sinks/dynamodb-table.ts';
import { memoryDeadLetters, memorySink } from '../../../src/sinks/memory.ts';
import { dynamoStore } from '../../../src/store/dynamodb.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import { type MemoryLog, memoryLog } from '../../../src/testing/memory-log.ts';
import { type LocalDynamo, startDynamo } from '../../support/dynamodb.ts';
import { type EmfDocument, readEmf, sumOf, valuesOf } from '../../support/emf.ts';
import { bucketEvent, context, kinesisEvent } from './invocations.ts';

const STAGE = 'per-page';
const SHARD = 'shardId-000000000000';
/** In every event and key: neither lines of metrics nor of the log may have it. */
const SECRET = 'zq-secret';

const plan = (late: 'dropped' | 'kept' | 'allowed' = 'dropped'): Plan => {
  const windows = pipeline('shop')
    .stream('clicks', {
      schema: z.object({ at: z.number(), page: z.string(), kind: z.string().optional() }),
      timestamp: (e) => e.at,
      outOfOrderness: 0,
    })
    .filter((e) => {
      if (e.kind === 'throws') throw new Error(`no such page as ${e.page}`);
      return e.kind !== 'skipped';
    })
    .keyBy((e) => e.page)
    .window(TumblingWindow.of(10, SECONDS));
  const judged =
    late === 'kept'
      ? windows.sideOutput(lateEvents('late'))
      : windows.allowedLateness(late === 'allowed' ? 60 * SECONDS : 0);
  return judged.count({ name: STAGE, buckets: 2 }).to(table('results'));
};

const START = 1_700_000_000_000;
let now: number;
let log: MemoryLog;
let lines: string[];
let logged: string[];

beforeEach(() => {
  now = START + 60 * SECONDS;
  log = memoryLog(() => now);
  log.open(SHARD);
  lines = [];
  logged = [];
});

const options = (change: Partial<LambdaOptions> = {}): LambdaOptions => ({
  store: memoryStore(),
  sources: { clicks: { ...log, streamName: 'clicks', laneOf: async (shardId) => shardId } },
  sinks: { results: memorySink() },
  deadLetters: memoryDeadLetters(),
  lateEvents: { late: memoryDeadLetters() },
  clock: () => now,
  metrics: emfLines((line) => lines.push(line)),
  logger: jsonLogger({ level: 'debug', write: (line) => logged.push(line), clock: () => now }),
  ...change,
});

/** Puts events, by their time after the start in seconds, and gathers them as one batch. */
function gather(handler: Handler, ...events: readonly (string | number | object)[]) {
  const records = events.map((event) => {
    const fields = typeof event === 'number' ? { at: START + event * SECONDS } : event;
    const text =
      typeof fields === 'string' ? fields : JSON.stringify({ page: `/${SECRET}`, ...fields });
    return log.append(SHARD, text, now);
  });
  return handler(kinesisEvent('clicks', SHARD, records), context());
}

const at = (seconds: number) => START + seconds * SECONDS;

const read = (): EmfDocument[] => lines.map(readEmf);

const tick = (handler: Handler) => handler({ tidemark: 'tick' }, context());

const bucketItem = async (store: Store, bucket: number) => {
  const item = await store.get('control', { pk: `${STAGE}#bucket#${bucket}`, sk: 'fire' });
  return item as NonNullable<typeof item>;
};

describe('a handler over DynamoDB', () => {
  let dynamo: LocalDynamo;
  let consumed: ConsumedUnits[];

  beforeAll(async () => {
    dynamo = await startDynamo();
  });
  afterAll(() => dynamo.stop());
  beforeEach(() => {
    consumed = [];
  });

  const overTables = (): Partial<LambdaOptions> & { readonly store: Store } => {
    const { client, names } = dynamo;
    const access = { client, onConsumed: (units: ConsumedUnits) => consumed.push(units) };
    const { control, state, result, deadLetters } = names;
    return {
      store: dynamoStore({ ...access, tables: { control, state } }),
      sinks: { results: tableSink({ ...access, tableName: result }) },
      deadLetters: deadLetterTable({ ...access, tableName: deadLetters }),
    };
  };

  test('tells what was sent, what became of it and what it cost', async () => {
    const tables = overTables();
    const handler = lambdaHandler(plan(), options(tables));
    const events = [1, 2, 3, { at: at(4), kind: 'skipped' }, 'broken'.repeat(1_000)];
    await gather(handler, ...events);
    await gather(handler, 25, 2, { at: at(26), kind: 'throws' });
    const bytes = log.records(SHARD).reduce((sum, { data }) => sum + data.length, 0);
    now += 700;
    for (const bucket of [0, 1]) {
      await handler(bucketEvent(await bucketItem(tables.store, bucket)), context());
    }
    const sums = (...names: string[]) => names.map((name) => sumOf(read(), name));
    expect(sums('RecordsGathered', 'RecordsFiltered', 'DeadLetters')).toEqual([8, 1, 2]);
    expect(sums('RecordsLate', 'LateDropped', 'LateSideOutput')).toEqual([1, 1, 0]);
    expect(sums('Batches', 'BytesGathered')).toEqual([2, bytes]);
    // 1, 2 and 3 in the first segment, 25 in the second; of which the first is closed.
    expect(sums('SegmentsWritten', 'WindowsFired', 'SlotsFired')).toEqual([2, 1, 1]);
    expect(valuesOf(read(), 'FiringLatency')).toEqual([700, 700]);
    expect(valuesOf(read(), 'EndToEndLatency')).toEqual([now - at(10)]);
    // Behind the newest event of each batch, and those count that are filtered or fail later.
    expect(valuesOf(read(), 'WatermarkLag')).toEqual([56_001, 34_001]);
    const units = consumed.reduce((sum, { writeUnits = 0 }) => sum + writeUnits, 0);
    // A dead letter of 6 KB alone costs six.
    expect(units).toBeGreaterThan(consumed.filter(({ writeUnits }) => writeUnits).length + 4);
    expect(sums('WriteUnits')).toEqual([units]);
    for (const { dimensions } of read()) {
      expect(dimensions).toEqual({ pipeline: 'shop', stage: STAGE });
    }
  });
});

describe('a handler', () => {
  test('emits everything that is agreed on, each metric by what it is about', async () => {
    const store = memoryStore();
    const all = options({ store: costing(store) });
    await gather(lambdaHandler(plan(), all), 1, 11, 2);
    await gather(lambdaHandler(plan('kept'), options()), 1, 11, 2);
    await gather(lambdaHandler(plan('allowed'), options()), 1, 11, 2);
    const handler = lambdaHandler(plan(), all);
    const envelope = { producer: 'shop', chunk: '1', index: 0 };
    const sent = sealed(envelope, JSON.stringify({ at: at(11), page: '/' }));
    await gather(handler, sent, sent);
    const dying = lambdaHandler(plan(), { ...all, store: failingAtCommit(store) });
    await expect(gather(dying, 12)).rejects.toThrow('the store is away');
    await gather(handler, 35, 'broken');
    const down: Sink = { write: () => Promise.reject(new Error('down')), until: () => down };
    const failing = lambdaHandler(plan(), { ...all, sinks: { results: down } });
    await tick(failing);
    await tick(handler);
    const emitted = new Set(read().flatMap(({ metrics }) => Object.keys(metrics)));
    expect([...emitted].sort()).toEqual(Object.keys(METRIC_UNITS).sort());
    for (const { units } of read()) {
      for (const [name, unit] of Object.entries(units)) {
        expect(unit).toBe(METRIC_UNITS[name as keyof typeof METRIC_UNITS]);
      }
    }
  });

  test('has a line a stage and invocation, when the invocation ends', async () => {
    const handler = lambdaHandler(plan(), options());
    await gather(handler, ...Array.from({ length: 500 }, (_, n) => n / 10));
    expect(lines).toHaveLength(1);
    await tick(handler);
    expect(lines).toHaveLength(2);
    await handler({ Records: [] }, context());
    expect(lines).toHaveLength(2);
  });

  test('tells of late events by what the pipeline does with them', async () => {
    for (const late of ['dropped', 'kept', 'allowed'] as const) {
      await gather(lambdaHandler(plan(late), options()), 1, 11, 2, 3);
    }
    const of = (name: string) => read().map(({ metrics }) => metrics[name] ?? 0);
    expect(of('RecordsLate')).toEqual([2, 2, 0]);
    expect(of('LateDropped')).toEqual([2, 0, 0]);
    expect(of('LateSideOutput')).toEqual([0, 2, 0]);
    expect(of('LateAllowed')).toEqual([0, 0, 2]);
  });

  test('counts a batch that came twice once', async () => {
    const handler = lambdaHandler(plan(), options());
    await gather(handler, 1, 2);
    await handler(kinesisEvent('clicks', SHARD, log.records(SHARD)), context());
    expect(sumOf(read(), 'RecordsGathered')).toBe(2);
    expect(sumOf(read(), 'Batches')).toBe(1);
  });

  test('emits what it has when the invocation fails', async () => {
    const store = memoryStore();
    const failing = lambdaHandler(plan(), options({ store: failingAtCommit(store) }));
    await expect(gather(failing, 1)).rejects.toThrow('the store is away');
    expect(valuesOf(read(), 'WriteDuration')).toHaveLength(1);
    expect(sumOf(read(), 'Batches')).toBe(0);
  });

  test('measures from the first raise that a trigger tells of, not from the last', async () => {
    const store = memoryStore();
    const handler = lambdaHandler(plan(), options({ store }));
    await gather(handler, 1, 11);
    const first = await bucketItem(store, 1);
    now += 60 * SECONDS;
    await gather(handler, 21);
    now += SECONDS;
    await handler(bucketEvent(first), context());
    expect(valuesOf(read(), 'FiringLatency')).toEqual([61 * SECONDS]);
    // What the same change tells once more is fired already, and so is older than what is due.
    await gather(handler, 31);
    now += SECONDS;
    await handler(bucketEvent(first), context());
    expect(valuesOf(read(), 'FiringLatency')).toEqual([61 * SECONDS, SECONDS]);
  });
});

describe('neither key nor payload', () => {
  test('is in what goes well, or in what goes wrong', async () => {
    const store = memoryStore();
    const sink: Sink = {
      write: (outputs) => Promise.reject(new Error(`cannot write ${outputs[0]?.key}`)),
      until: () => sink,
    };
    const all = options({ store });
    const bad = [
      `{"page":"${SECRET}"`,
      JSON.stringify({ at: SECRET, page: SECRET }),
      { at: at(2), page: `${SECRET}${'x'.repeat(5_000)}` },
      { at: at(3), kind: 'throws' },
      { at: at(900), page: SECRET },
    ];
    await gather(lambdaHandler(plan(), all), 1, ...bad, 11);
    await tick(lambdaHandler(plan(), { ...all, sinks: { results: sink } }));
    const stopping = plan();
    const stops = {
      ...stopping,
      sources: stopping.sources.map((one) => ({ ...one, onBadRecord: 'stop' as const })),
    };
    await gather(lambdaHandler(stops, options()), 1, `{"page":"${SECRET}"`);
    const dying = lambdaHandler(plan(), options({ store: failingAtCommit(memoryStore()) }));
    await expect(gather(dying, 1)).rejects.toThrow('the store is away');
    await tick(lambdaHandler(plan(), all));
    const texts = logged.map((line) => JSON.parse(line).message);
    expect(new Set(texts)).toEqual(
      new Set([
        'records set aside',
        'slots closed',
        'write refused',
        'firing bucket 0 failed',
        'stage looked after',
        'batch gathered',
        'lane waits at a record',
        'batch comes again',
        'bucket fired',
      ]),
    );
    expect(sumOf(read(), 'DeadLetters')).toBe(5);
    for (const line of [...lines, ...logged]) expect(line).not.toContain(SECRET);
  });
});

describe('who watches', () => {
  test('is stdout, unless somebody says otherwise: metrics, and log lines from info on', async () => {
    const written: string[] = [];
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    const { metrics, logger, ...plain } = options();
    try {
      await gather(lambdaHandler(plan(), plain), 1, 'broken');
    } finally {
      stdout.mockRestore();
    }
    expect(written.every((text) => text.endsWith('\n'))).toBe(true);
    const [line = '', emf = ''] = written.map((text) => text.trimEnd());
    expect(written).toHaveLength(2);
    expect(JSON.parse(line)).toMatchObject({
      level: 'WARN',
      message: 'records set aside',
      pipeline: 'shop',
      stage: STAGE,
      lane: SHARD,
      epoch: 1,
      requestId: 'request-1',
    });
    expect(readEmf(emf).metrics).toMatchObject({ RecordsGathered: 2, DeadLetters: 1 });
  });

  test('tells metrics and log lines by the name under which it is deployed', async () => {
    const told: unknown[] = [];
    const logger = { warn: (...line: unknown[]) => told.push(line[1]) } as never;
    const deployed = { ...options(), logger, pipelineName: 'shop-dev/Clicks' };
    await gather(lambdaHandler(plan(), deployed), 1, 'broken');
    expect(told).toEqual([expect.objectContaining({ pipeline: 'shop-dev/Clicks' })]);
    expect(read().map(({ dimensions }) => dimensions.pipeline)).toEqual(['shop-dev/Clicks']);
  });

  test('can be nobody', async () => {
    const stdout = vi.spyOn(process.stdout, 'write');
    const handler = lambdaHandler(plan(), options({ metrics: false, logger: false }));
    await gather(handler, 1, 'broken');
    expect(stdout).not.toHaveBeenCalled();
    stdout.mockRestore();
  });

  test('may fail: the others still watch, and nothing else changes', async () => {
    const store = memoryStore();
    const fail = (): never => {
      throw new Error('nobody is watching');
    };
    const seen: string[] = [];
    const silent = { debug: fail, info: fail, warn: fail, error: fail };
    const observe = ({ kind }: { readonly kind: string }) => void seen.push(kind);
    const handler = lambdaHandler(
      plan(),
      options({ store, metrics: fail, logger: silent, observe }),
    );
    expect(await gather(handler, 1, 11)).toEqual({ batchItemFailures: [] });
    expect(seen).toContain('gathered');
  });
});

/** A store that costs a unit a write, as far as it goes. */
const costing = (store: Store): Store => ({
  ...store,
  until: () => costing(store),
  metered: (spent) =>
    over(store, async (write) => {
      spent(1);
      return write();
    }),
});

/** Lets everything through but commits of lanes. */
const failingAtCommit = (store: Store): Store =>
  over(store, (write, set) =>
    set?.committedEpoch === undefined ? write() : Promise.reject(new Error('the store is away')),
  );

type Around = <T>(write: () => Promise<T>, set?: Readonly<Record<string, unknown>>) => Promise<T>;

const over = (store: Store, around: Around): Store => ({
  get: (...args) => store.get(...args),
  getAll: (...args) => store.getAll(...args),
  query: (...args) => store.query(...args),
  update: (table, key, change, condition) =>
    // A lane that is created says that no epoch is committed.
    around(
      () => store.update(table, key, change, condition),
      condition?.exists === false ? undefined : change.set,
    ),
  putAll: (...args) => around(() => store.putAll(...args)),
  until: () => over(store, around),
});
