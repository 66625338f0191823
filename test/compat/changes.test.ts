import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Engine, engine } from '../../src/engine/engine.ts';
import {
  HoppingWindow,
  lateEvents,
  type Plan,
  pipeline,
  SECONDS,
  SessionWindow,
  SlidingWindow,
  TumblingWindow,
  table,
  type WindowKind,
} from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';
import { fingerprint } from '../../src/topology/describe.ts';

/** What a deployment may change; the table of docs/operations.md says the same in words. */
interface Change {
  readonly stream?: string;
  readonly outOfOrderness?: number;
  readonly source?: object;
  readonly schema?: z.ZodType<{ at: number; v: number }>;
  readonly filter?: (event: { v: number }) => boolean;
  readonly window?: WindowKind;
  readonly allowedLateness?: number;
  readonly sideOutput?: boolean;
  readonly emit?: number;
  readonly aggregate?: 'sum' | 'max' | 'doubled';
  readonly stage?: object;
  readonly sink?: string;
}

function planOf(change: Change): Plan {
  const stream = pipeline('test')
    .stream(change.stream ?? 'events', {
      schema: change.schema ?? z.object({ at: z.number(), v: z.number() }),
      timestamp: (event) => event.at,
      outOfOrderness: change.outOfOrderness ?? 0,
      ...change.source,
    })
    .filter(change.filter ?? (() => true));
  let windows = stream.keyBy(() => 'k').window(change.window ?? TumblingWindow.of(10, SECONDS));
  if (change.allowedLateness) windows = windows.allowedLateness(change.allowedLateness);
  if (change.sideOutput) windows = windows.sideOutput(lateEvents('late'));
  if (change.emit) windows = windows.emit({ every: change.emit });
  const options = { name: 'stage', buckets: 2, ...change.stage };
  const result =
    change.aggregate === 'max'
      ? windows.max(({ v }) => v, options)
      : windows.sum(({ v }) => (change.aggregate === 'doubled' ? 2 * v : v), options);
  return result.to(table(change.sink ?? 'results'));
}

describe('goes on with what was gathered before', () => {
  test.each<[what: string, change: Change, told: number]>([
    ['nothing else', {}, 7],
    ['another filter', { filter: ({ v }) => v < 4 }, 3],
    ['another value of an aggregate', { aggregate: 'doubled' }, 11],
    ['a schema that takes more', { schema: z.looseObject({ at: z.number(), v: z.number() }) }, 7],
    ['a greater outOfOrderness', { outOfOrderness: 2 * SECONDS }, 7],
    ['another maxFutureSkew', { source: { maxFutureSkew: 5 * SECONDS } }, 7],
    ['a maxDelay', { source: { maxDelay: 5 * SECONDS } }, 7],
    ['lanes that stop', { source: { onBadRecord: 'stop' } }, 7],
    ['a place for late events', { sideOutput: true }, 7],
    ['another sink', { sink: 'others' }, 7],
  ])('%s', async (_, change, told) => {
    const { deploy, put, rows } = world();
    await put(deploy({}), { at: 1_000, v: 1 }, { at: 2_000, v: 2 });
    const changed = deploy(change);
    await put(changed, { at: 3_000, v: 4 }, { at: 30_000, v: 0 });
    await fire(changed);
    const [window] = rows(change.sink);
    expect(window).toMatchObject({ windowStart: 0, windowEnd: 10_000, value: told });
  });
});

describe('is refused before it touches anything, and begins anew under another name', () => {
  test.each<[what: string, change: Change]>([
    ['another size of windows', { window: TumblingWindow.of(20, SECONDS) }],
    ['an offset of windows', { window: TumblingWindow.of(10, SECONDS, { offset: SECONDS }) }],
    ['another kind of windows', { window: SessionWindow.withGap(10, SECONDS) }],
    ['windows that overlap', { window: HoppingWindow.of(10, SECONDS).every(5, SECONDS) }],
    ['another aggregate', { aggregate: 'max' }],
    ['allowedLateness', { allowedLateness: 10 * SECONDS }],
    ['early results', { emit: SECONDS }],
    ['another number of buckets', { stage: { buckets: 3 } }],
    ['another resolution', { stage: { resolution: SECONDS } }],
    ['other chunks', { stage: { keysPerChunk: 7 } }],
    ['another stream', { stream: 'others' }],
  ])('%s', async (_, change) => {
    const { deploy, put, rows, stored } = world();
    await put(deploy({}), { at: 1_000, v: 1 }, { at: 30_000, v: 2 });
    const before = stored();
    const changed = deploy(change);
    const refusal = { code: 'PLAN_CHANGED', hint: expect.stringContaining('new name') };
    await expect(put(changed, { at: 31_000, v: 4 })).rejects.toMatchObject(refusal);
    await expect(changed.fire('stage', 0, () => false)).rejects.toMatchObject(refusal);
    await expect(changed.tick(() => false)).rejects.toMatchObject(refusal);
    expect(stored()).toEqual(before);
    expect(rows()).toEqual([]);

    const renamed = deploy({ ...change, stage: { ...change.stage, name: 'renamed' } });
    await put(renamed, { at: 31_000, v: 4 });
    expect(stored().length).toBeGreaterThan(before.length);
    const back = deploy({});
    await fire(back);
    expect(rows()[0]).toMatchObject({ windowStart: 0, value: 1 });
  });

  test('a format that is not known', async () => {
    const { deploy, put, store } = world();
    await put(deploy({}), { at: 1_000, v: 1 });
    const key = { pk: 'stage', sk: 'meta' };
    expect(await store.get('control', key)).toMatchObject({ format: 1 });
    await store.update('control', key, { set: { format: 2 } });
    const refusal = { code: 'PLAN_CHANGED', message: expect.stringContaining('in format 2') };
    await expect(put(deploy({}), { at: 2_000, v: 1 })).rejects.toMatchObject(refusal);
  });
});

const input = pipeline('test');
const keyed = (stream = 'events') =>
  input
    .stream(stream, {
      schema: z.object({ at: z.number(), v: z.number() }),
      timestamp: (event) => event.at,
      outOfOrderness: 0,
    })
    .keyBy(() => 'k');
const [left, right] = [keyed('left'), keyed('right')];
const windowed = (window: WindowKind) => keyed().window(window).count({ name: 'stage' });
const inWindows = () => keyed().window(TumblingWindow.of(10, SECONDS));
const name = 'stage';
const to = table('results');

test.each<[what: string, plan: (setting: number) => Plan]>([
  ['the gap of sessions', (n) => windowed(SessionWindow.withGap(n, SECONDS)).to(to)],
  ['the advance', (n) => windowed(HoppingWindow.of(12, SECONDS).every(n, SECONDS)).to(to)],
  ['the size of sliding windows', (n) => windowed(SlidingWindow.of(n, SECONDS)).to(to)],
  [
    'the k of topK',
    (n) =>
      inWindows()
        .topK(n, ({ v }) => v, { name })
        .to(to),
  ],
  [
    'the quantiles',
    (n) =>
      inWindows()
        .quantiles([n / 10], ({ v }) => v, { name })
        .to(to),
  ],
  ['how far back a join looks', (n) => left.join(right, { before: n, after: 9, name }).to(to)],
  ['how far ahead it looks', (n) => left.join(right, { before: 9, after: n, name }).to(to)],
  [
    'which side of a join is kept',
    (n) => left[n === 2 ? 'join' : 'leftJoin'](right, { after: 9, name }).to(to),
  ],
])('two plans are told apart by %s', (_, plan) => {
  const [one, other] = [2, 3].map((setting) => plan(setting).stages.map(fingerprint));
  expect(one).not.toEqual(other);
  expect(plan(2).stages.map(fingerprint)).toEqual(one);
});

interface Deployed extends Engine {
  /** What it reads. */
  readonly source: string;
}

async function fire(deployed: Deployed): Promise<void> {
  for (const bucket of [0, 1]) await deployed.fire('stage', bucket, () => false);
}

/** A log and tables that several plans may have one after the other, as when a pipeline is deployed again. */
function world() {
  const clock = () => 1_000_000;
  const store = memoryStore();
  const log = memoryLog(clock);
  log.open('lane');
  const sinks = { results: memorySink(), others: memorySink() };
  return {
    store,
    deploy(change: Change): Deployed {
      const running = engine(planOf(change), {
        store,
        clock,
        sources: { events: log, others: log },
        sinks,
        deadLetters: memoryDeadLetters(),
        lateEvents: { late: memoryDeadLetters() },
        observe: () => {},
      });
      return { ...running, source: change.stream ?? 'events' };
    },
    async put(deployed: Deployed, ...events: readonly { at: number; v: number }[]) {
      const records = events.map((event) => log.append('lane', JSON.stringify(event), clock()));
      await deployed.gather(deployed.source, 'lane', records);
    },
    rows: (sink = 'results') => sinks[sink as keyof typeof sinks].rows(),
    stored: () => structuredClone([...store.items('control'), ...store.items('state')]),
  };
}
