import { beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  type Observation,
  pipeline,
  SECONDS,
  type Sink,
  type Store,
  TumblingWindow,
  table,
} from '../../../src/index.ts';
import {
  type Handler,
  type LambdaOptions,
  lambdaHandler,
} from '../../../src/runtime/lambda/index.ts';
import { memoryDeadLetters, memorySink } from '../../../src/sinks/memory.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import { memoryLog } from '../../../src/testing/memory-log.ts';

const plan = (onBadRecord: 'deadLetter' | 'stop' = 'deadLetter') =>
  pipeline('test')
    .stream('clicks', {
      schema: z.object({ at: z.number(), url: z.string() }),
      timestamp: (e) => e.at,
      outOfOrderness: 0,
      onBadRecord,
    })
    .keyBy((e) => e.url)
    .window(TumblingWindow.of(10, SECONDS))
    .count({ name: 'per-page', buckets: 2 })
    .to(table('results'));

const NOW = 1_000_000;
let store: ReturnType<typeof memoryStore>;
let sink: ReturnType<typeof memorySink>;
let deadLetters: ReturnType<typeof memoryDeadLetters>;
let log: ReturnType<typeof memoryLog>;
let seen: Observation[];

beforeEach(() => {
  store = memoryStore();
  sink = memorySink();
  deadLetters = memoryDeadLetters();
  log = memoryLog(() => NOW);
  log.open('shardId-000000000000');
  seen = [];
});

const options = (change: Partial<LambdaOptions> = {}): LambdaOptions => ({
  store,
  sources: {
    clicks: { ...log, streamName: 'clicks-stream', laneOf: async (shardId) => shardId },
  },
  sinks: { results: sink },
  deadLetters,
  clock: () => NOW,
  metrics: false,
  logger: false,
  observe: (observation) => seen.push(observation),
  ...change,
});

const context = (remainingMs = 30_000) => ({ getRemainingTimeInMillis: () => remainingMs });

describe('a batch of a Kinesis mapping', () => {
  test('is gathered; the change of a bucket fires it; the tick does what was left', async () => {
    const handler = lambdaHandler(plan(), options());
    const batch = [click(1, '/a'), click(2, '/b'), click(3, '/a'), click(15_000, '/a')];
    expect(await handler(kinesis(batch), context())).toEqual({ batchItemFailures: [] });
    expect(sink.rows()).toEqual([]);
    expect(await handler(bucketChanged(0, 10_000), context())).toEqual({ batchItemFailures: [] });
    expect(await handler(bucketChanged(1, 10_000), context())).toEqual({ batchItemFailures: [] });
    expect(counts()).toEqual({ '0 /a': 2, '0 /b': 1 });
    await handler(kinesis([click(25_000, '/b')]), context());
    await handler({ tidemark: 'tick' }, context());
    expect(counts()).toEqual({ '0 /a': 2, '0 /b': 1, '10000 /a': 1 });
  });

  test.each([
    { role: 'gather', other: { tidemark: 'tick' } },
    { role: 'gather', other: bucketChanged(0, 10_000) },
    { role: 'fire', other: kinesis([click(1, '/a')]) },
  ] as const)('a function that is there to $role takes no other work', async ({ role, other }) => {
    const handler = lambdaHandler(plan(), options({ role }));
    await expect(handler(other, context())).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' });
    expect([...store.items('control')]).toEqual([]);
    const [own] = role === 'gather' ? [kinesis([click(1, '/a')])] : [{ tidemark: 'tick' }];
    expect(await handler(own, context())).toEqual({ batchItemFailures: [] });
  });

  test('is told by the stream even if a consumer with enhanced fan-out brings it', async () => {
    const handler = lambdaHandler(plan(), options());
    const arn = 'arn:aws:kinesis:eu-west-1:1:stream/clicks-stream/consumer/fan-out:1700000000';
    await handler(kinesis([click(1, '/a')], arn), context());
    expect(seen).toContainEqual(expect.objectContaining({ kind: 'gathered', records: 1 }));
  });

  test('with a bad record goes on without it, and the letter says why', async () => {
    const handler = lambdaHandler(plan(), options());
    const far = JSON.stringify({ at: NOW + 10 * 60_000, url: '/future' });
    const bad = ['{"at":', '{"at":5}', far, '{"at":5,"url":""}'];
    await handler(kinesis([click(1, '/a'), ...bad, click(2, '/a')]), context());
    const letters = deadLetters.letters();
    expect(letters.map((letter) => letter.reason)).toEqual(['NOT_JSON', 'SCHEMA', 'FUTURE', 'KEY']);
    expect(letters.map((letter) => Buffer.from(letter.data).toString())).toEqual(bad);
    expect(seen).toContainEqual(
      expect.objectContaining({ kind: 'gathered', records: 6, deadLetters: 4 }),
    );
  });

  test('stops at a bad record if the pipeline says so, and takes what came before', async () => {
    const handler = lambdaHandler(plan('stop'), options());
    const event = kinesis([click(1, '/a'), 'broken', click(2, '/a')]);
    const broken = event.Records[1]?.kinesis.sequenceNumber;
    const stopped = { batchItemFailures: [{ itemIdentifier: broken }] };
    expect(await handler(event, context())).toEqual(stopped);
    expect(await handler({ Records: event.Records.slice(1) }, context())).toEqual(stopped);
    expect(deadLetters.letters()).toEqual([]);
    expect(lane()).toMatchObject({
      records: 1,
      position: event.Records[0]?.kinesis.sequenceNumber,
    });
  });

  test('fails as a whole when the store does, and nothing is lost or doubled by coming again', async () => {
    const event = kinesis([click(1, '/a'), click(2, '/a'), click(25_000, '/a')]);
    const failing = lambdaHandler(plan(), options({ store: failingAfter(store, 4) }));
    await expect(failing(event, context())).rejects.toThrow('the store is away');
    const handler = lambdaHandler(plan(), options());
    await handler(event, context());
    await handler(event, context());
    await handler({ tidemark: 'tick' }, context());
    expect(counts()).toEqual({ '0 /a': 2 });
  });

  test('of a stream that nobody named is refused with the way out', async () => {
    const handler = lambdaHandler(plan(), options());
    const arn = 'arn:aws:kinesis:eu-west-1:1:stream/other';
    await expect(handler(kinesis([click(1, '/a')], arn), context())).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
    });
  });
});

describe('the deadline', () => {
  test('that is already there refuses the batch', async () => {
    const handler = lambdaHandler(plan(), options());
    await expect(handler(kinesis([click(1, '/a')]), context(900))).rejects.toMatchObject({
      code: 'DEADLINE',
    });
    expect([...store.items('control')]).toEqual([]);
  });

  test('that comes in the middle stops all writes, also of what goes on afterwards', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = holdingSegments(store, held);
    const handler = lambdaHandler(plan(), options({ store: slow, deadlineMarginMs: 1_000 }));
    const invocation = handler(kinesis([click(1, '/a')]), context(1_050));
    const refused = expect(invocation).rejects.toMatchObject({ code: 'DEADLINE' });
    await slow.aborted;
    release();
    await refused;
    expect(lane()).toMatchObject({ records: 0, committedEpoch: 0 });
  });

  test('leaves a bucket unfinished after a slot, and it comes again for the rest', async () => {
    const handler = lambdaHandler(plan(), options());
    const clicks = [click(1, '/a'), click(11_000, '/a'), click(25_000, '/a')];
    await handler(kinesis(clicks), context());
    const change = bucketChanged(1, 20_000);
    const again = {
      batchItemFailures: [{ itemIdentifier: change.Records[0]?.dynamodb.SequenceNumber }],
    };
    expect(await handler(change, context(1_500))).toEqual(again);
    expect(counts()).toEqual({ '0 /a': 1 });
    await handler(change, context());
    expect(counts()).toEqual({ '0 /a': 1, '10000 /a': 1 });
  });

  test('of a function with little time still lets slots fire, one an invocation', async () => {
    const handler = lambdaHandler(plan(), options());
    const clicks = [click(1, '/a'), click(11_000, '/a'), click(25_000, '/a')];
    await handler(kinesis(clicks), context());
    for (let i = 0; i < 2; i++) await handler(bucketChanged(1, 20_000), context(1_100));
    expect(counts()).toEqual({ '0 /a': 1, '10000 /a': 1 });
  });
});

describe('firing', () => {
  test('of a bad bucket does not keep the others from firing', async () => {
    const handler = lambdaHandler(plan(), options());
    const pages = Array.from({ length: 20 }, (_, i) => click(i, `/page-${i}`));
    await handler(kinesis([...pages, click(15_000, '/a')]), context());
    await store.putAll('state', [
      {
        pk: 'per-page#0',
        sk: 'p0000000000010000#shardId-000000000000#1#0',
        data: new Uint8Array([9]),
      },
    ]);
    const both = {
      Records: [...bucketChanged(0, 10_000).Records, ...bucketChanged(1, 10_000).Records],
    };
    expect(await handler(both, context())).toEqual({ batchItemFailures: [] });
    expect(sink.rows().length).toBeGreaterThan(0);
    expect(seen).toContainEqual(
      expect.objectContaining({ kind: 'failed', what: 'firing bucket 0' }),
    );
  });

  test('of a slot that the sink takes only in parts goes on where it stopped', async () => {
    const some = plan();
    const chunked = {
      ...some,
      stages: some.stages.map((stage) => ({ ...stage, keysPerChunk: 600 })),
    };
    let room = 0;
    const tight: Sink = {
      async write(outputs) {
        room -= outputs.length;
        if (room < 0) throw new Error('the table is cold');
        await sink.write(outputs);
      },
      until() {
        return this;
      },
    };
    const handler = lambdaHandler(chunked, options({ sinks: { results: tight } }));
    const pages = Array.from({ length: 4_000 }, (_, i) => click(1, `/page-${i}`));
    await handler(kinesis([...pages, click(15_000, '/a')]), context());
    for (let tries = 0; tries < 4; tries++) {
      room = 700;
      await handler(bucketChanged(0, 10_000), context());
      room = 700;
      await handler(bucketChanged(1, 10_000), context());
    }
    expect(sink.rows().length).toBe(4_000);
  });

  test('passes over items that are no buckets, and buckets that have fired', async () => {
    const handler = lambdaHandler(plan(), options());
    const lane = { pk: { S: 'per-page' }, sk: { S: 'lane#x' }, epoch: { N: '1' } };
    const fired = bucketChanged(0, 10_000, 10_000).Records;
    const event = {
      Records: [{ eventSource: 'aws:dynamodb', dynamodb: { NewImage: lane } }, ...fired],
    };
    expect(await handler(event, context())).toEqual({ batchItemFailures: [] });
  });
});

test('records that share a sequence number count each, and stop together', async () => {
  const event = kinesis([click(1, '/a'), click(2, '/a'), click(3, '/a'), 'broken', click(4, '/b')]);
  for (const record of event.Records.slice(1, 4)) {
    record.kinesis.sequenceNumber = String(event.Records[1]?.kinesis.sequenceNumber);
  }
  await lambdaHandler(plan(), options())(event, context());
  expect(lane()).toMatchObject({ records: 5, deadLetters: 1 });
  store = memoryStore();
  const stopping = lambdaHandler(plan('stop'), options());
  const shared = event.Records[1]?.kinesis.sequenceNumber;
  const stopped = { batchItemFailures: [{ itemIdentifier: shared }] };
  expect(await stopping(event, context())).toEqual(stopped);
  expect(lane()).toMatchObject({ records: 1, deadLetters: 0 });
});

test('an observer that throws changes nothing', async () => {
  const observe = (): never => {
    throw new Error('nobody is watching');
  };
  const handler = lambdaHandler(plan(), options({ observe }));
  await handler(kinesis([click(1, '/a'), click(15_000, '/a')]), context());
  await handler(bucketChanged(1, 10_000), context());
  expect(counts()).toEqual({ '0 /a': 1 });
});

test('an empty batch is no work', async () => {
  const handler = lambdaHandler(plan(), options());
  expect(await handler({ Records: [] }, context())).toEqual({ batchItemFailures: [] });
});

describe('what is refused', () => {
  test('a parallelization factor above 1', () => {
    expect(() => lambdaHandler(plan(), options({ parallelizationFactor: 2 }))).toThrow(
      expect.objectContaining({
        code: 'PARALLELIZATION_FACTOR',
        hint: expect.stringContaining('Set it to 1'),
      }),
    );
  });

  test('one stream as two sources', () => {
    const { sources } = options({});
    const [clicks] = Object.values(sources) as [(typeof sources)[string]];
    expect(() =>
      lambdaHandler(plan(), options({ sources: { ...sources, again: clicks } })),
    ).toThrow(expect.objectContaining({ code: 'SOURCE_DUPLICATE' }));
  });

  test.each([
    ['no source', { sources: {} }, 'SOURCE_MISSING'],
    ['no sink', { sinks: {} }, 'SINK_MISSING'],
  ])('%s for the plan', (_what, change, code) => {
    expect(() => lambdaHandler(plan(), options(change))).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    [undefined],
    [null],
    [{}],
    [{ Records: [{ eventSource: 'aws:sqs' }] }],
    [{ tidemark: 'tock' }],
    ['tick'],
  ])('the event %j', async (event) => {
    const handler: Handler = lambdaHandler(plan(), options());
    await expect(handler(event, context())).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' });
  });

  test('state that another plan wrote', async () => {
    await lambdaHandler(plan(), options())(kinesis([click(1, '/a')]), context());
    const changed = { ...plan(), stages: plan().stages.map((stage) => ({ ...stage, buckets: 3 })) };
    await expect(
      lambdaHandler(changed, options())(kinesis([click(2, '/a')]), context()),
    ).rejects.toMatchObject({
      code: 'PLAN_CHANGED',
      message: expect.stringContaining('buckets=2'),
    });
  });
});

let sequence = 0;

const click = (at: number, url: string): string => JSON.stringify({ at, url });

function kinesis(lines: string[], arn = 'arn:aws:kinesis:eu-west-1:1:stream/clicks-stream') {
  const shard = 'shardId-000000000000';
  return {
    Records: lines.map((line) => {
      const sequenceNumber = `4966${String(++sequence).padStart(20, '0')}`;
      return {
        eventSource: 'aws:kinesis',
        eventSourceARN: arn,
        eventID: `${shard}:${sequenceNumber}`,
        kinesis: {
          sequenceNumber,
          partitionKey: 'p',
          data: Buffer.from(line).toString('base64'),
          approximateArrivalTimestamp: NOW / 1000,
        },
      };
    }),
  };
}

function bucketChanged(bucket: number, target: number, firedThrough?: number) {
  const NewImage = {
    pk: { S: `per-page#bucket#${bucket}` },
    sk: { S: 'fire' },
    target: { N: String(target) },
    ...(firedThrough === undefined ? {} : { firedThrough: { N: String(firedThrough) } }),
  };
  const SequenceNumber = String(++sequence);
  return { Records: [{ eventSource: 'aws:dynamodb', dynamodb: { SequenceNumber, NewImage } }] };
}

const counts = (): Record<string, unknown> =>
  Object.fromEntries(sink.rows().map((row) => [`${row.windowStart} ${row.key}`, row.value]));

const lane = () => [...store.items('control')].find((item) => item.sk.startsWith('lane#'));

function failingAfter(inner: Store, writes: number): Store {
  let left = writes;
  const write = <T>(run: () => Promise<T>): Promise<T> =>
    left-- > 0 ? run() : Promise.reject(new Error('the store is away'));
  return {
    get: (...args) => inner.get(...args),
    getAll: (...args) => inner.getAll(...args),
    query: (...args) => inner.query(...args),
    update: (...args) => write(() => inner.update(...args)),
    putAll: (...args) => write(() => inner.putAll(...args)),
    until() {
      return this;
    },
  };
}

/** Segments are not stored before `held`; `aborted` resolves when the invocation has no time left. */
function holdingSegments(inner: Store, held: Promise<void>): Store & { aborted: Promise<void> } {
  let tell: () => void = () => undefined;
  const aborted = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const over = (store: Store): Store & { aborted: Promise<void> } => ({
    aborted,
    get: (...args) => store.get(...args),
    getAll: (...args) => store.getAll(...args),
    query: (...args) => store.query(...args),
    update: (...args) => store.update(...args),
    putAll: async (...args) => {
      await held;
      return store.putAll(...args);
    },
    until(signal) {
      signal.addEventListener('abort', tell);
      return over(store.until(signal));
    },
  });
  return over(inner);
}
