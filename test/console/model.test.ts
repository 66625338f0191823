import { describe, expect, test } from 'vitest';
import { shoppingCarts } from '../../functions/cart/pipeline.ts';
import { clicksPerPage } from '../../functions/clickstream/pipeline.ts';
import { fraudAlerts } from '../../functions/fraud/pipeline.ts';
import { revenueByTier } from '../../functions/revenue/pipeline.ts';
import type { CommittedLane } from '../../src/console/model/lanes.ts';
import { PipelineModel } from '../../src/console/model/pipeline-model.ts';
import type { Observation } from '../../src/observability/observer.ts';

const STAGE = 'clicks-per-page';
const MINUTE = 60_000;
const [S0, S1] = ['shardId-000000000000', 'shardId-000000000001'];

describe('where records are', () => {
  test('what was sent is the sum of all it became', () => {
    const model = clicks();
    for (let n = 0; n < 10; n += 1) model.sent(sent(n % 2 === 0 ? S0 : S1, n), 0);
    model.committed(STAGE, [
      lane(S0, { records: 5, filtered: 1, late: 1, deadLetters: 1 }),
      lane(S1, { records: 3 }),
    ]);
    model.told('page-clicks', [result('/', 3)], 0);
    // Told again: it is the same row.
    model.told('page-clicks', [result('/', 3)], 0);
    expect(stageOf(model).account).toEqual({
      ...{ sent: 10, waiting: 2, filtered: 1, late: 1, deadLetters: 1 },
      ...{ kept: 2, counted: 3 },
    });
    expect(stageOf(model).lanes.map(({ label, waiting }) => [label, waiting])).toEqual([
      ['shard 0', 0],
      ['shard 1', 2],
    ]);
  });

  test('the table knows better than what was told', () => {
    const model = clicks();
    model.committed(STAGE, [lane(S0, { records: 9 })]);
    model.told('page-clicks', [result('/', 3)], 0);
    expect(model.countedSinks).toEqual(['page-clicks']);
    model.recount('page-clicks', [result('/', 3), result('/cart', 4)]);
    expect(stageOf(model).account).toMatchObject({ kept: 2, counted: 7 });
  });

  test('how much is unread is known by what was heard, and better by what is committed', () => {
    const model = clicks();
    for (let n = 0; n < 10; n += 1) model.sent(sent(S0, n), 0);
    expect(model.unread).toBe(10);
    for (const _ of 'four') model.observed(gathered(), 0);
    expect(model.unread).toBe(6);
    model.committed(STAGE, [lane(S0, { records: 9 })]);
    expect(model.unread).toBe(1);
  });

  test('results that are no counts are not counted', () => {
    const model = new PipelineModel(revenueByTier());
    expect(model.countedSinks).toEqual([]);
    expect(model.snapshot(0, 0).snapshot.stages.map(({ account }) => account.counted)).toEqual([
      null,
      null,
    ]);
  });
});

test('what is pushed flows along an edge of its own, and counts where it is kept', () => {
  const model = new PipelineModel(fraudAlerts());
  for (const sink of ['fraud-alerts', 'fraud-push']) model.told(sink, [result('u1', 1)], 0);
  const { sinks, rates } = model.snapshot(0, 0).snapshot;
  expect(sinks.map(({ name }) => name)).toEqual(['fraud-alerts']);
  expect(model.line(0).results).toBe(1);
  const [kept, pushed] = model.outline.edges.filter(({ from }) => from.startsWith('stage '));
  expect(Object.keys(rates)).toEqual([kept?.id, pushed?.id]);
  expect(model.outline.nodes).toContainEqual(
    expect.objectContaining({ kind: 'push', name: 'fraud-push', detail: 'pushed by WebSocket' }),
  );
});

describe('what holds a stage back', () => {
  test.each<[string, Partial<CommittedLane>, Observation[], number, string]>([
    ['new', { records: 0 }, [], 0, 'nothing has come yet'],
    ['reading', { records: 8 }, [gathered()], 1, 'reads; 2 records on their way'],
    ['reading', { records: 10 }, [gathered()], 1, 'has read all there is'],
    ['behind', { records: 8 }, [gathered()], 9_000, '2 records wait to be read'],
    ['idle', { records: 10 }, [gathered()], 9_000, 'nothing to read; it follows the others'],
    ['reading', { records: 8 }, [gathered(), undone()], 1, 'reads; 2'],
    ['poisoned', { records: 8 }, [undone(), undone()], 1, 'its batch failed 2 times: it broke'],
    ['reading', { records: 8 }, [undone(), undone(), gathered()], 1, 'reads'],
    ['ended', { records: 10, ended: true }, [], 1, 'the shard is closed'],
  ])('%s', (state, committed, observations, now, why) => {
    const model = clicks();
    if (state !== 'new') for (let n = 0; n < 10; n += 1) model.sent(sent(S0, n), 0);
    for (const seen of observations) model.observed(seen, 0);
    model.committed(STAGE, [lane(S0, committed)]);
    const [first] = stageOf(model, now).lanes;
    expect(first).toMatchObject({ state, why: expect.stringContaining(why) });
  });

  test('the slowest of those that go on', () => {
    const model = clicks();
    model.committed(STAGE, [
      lane(S0, { watermark: 5, ended: true }),
      lane(S1, { watermark: 9 }),
      lane('shardId-000000000002', { watermark: 7 }),
    ]);
    const { watermark, lanes } = stageOf(model);
    expect(watermark).toBe(7);
    expect(lanes.map(({ isSlowest }) => isSlowest)).toEqual([false, false, true]);
  });
});

test('a window opens, fills, closes, and is closed', () => {
  const model = clicks();
  const stateAt = (watermark: number) => {
    model.committed(STAGE, [lane(S0, { watermark })]);
    return model.snapshot(0, 0).snapshot.windows.at(-1);
  };
  model.sent(sent(S0, MINUTE / 2), 0);
  expect(stateAt(-1)).toBeUndefined();
  model.observed(gathered([MINUTE]), 0);
  expect(stateAt(-1)).toMatchObject({ start: 0, end: MINUTE, sent: 1, state: 'opening' });
  expect(stateAt(MINUTE / 4 - 1)).toMatchObject({ state: 'filling', progress: 0.25 });
  model.observed({ kind: 'advanced', stage: STAGE, target: MINUTE }, 0);
  expect(stateAt(MINUTE)).toMatchObject({ state: 'closing', progress: 1 });
  for (let bucket = 0; bucket < 4; bucket += 1) model.observed(fired(bucket), 0);
  model.told('page-clicks', [result('/', 3), result('/cart', 2)], 0);
  expect(stateAt(MINUTE)).toMatchObject({ state: 'closed', results: 2, sum: 5 });
});

test('a stage without windows has slices, of which those that are due next are shown', () => {
  const model = new PipelineModel(shoppingCarts());
  const at = (watermark: number) => {
    model.committed('carts', [{ ...lane(S0, { watermark }), lane: `cart-events@1/${S0}` }]);
    return model.snapshot(0, 0).snapshot;
  };
  const seconds = Array.from({ length: 300 }, (_, second) => (second + 1) * 1_000);
  for (const eventTime of seconds) {
    model.sent({ ...sent(S0, eventTime), stream: 'cart-events' }, 0);
  }
  model.observed({ ...gathered(seconds), stage: 'carts' }, 0);
  expect(at(-1)).toMatchObject({ windowsOf: 'carts', windowsAre: 'slices' });
  expect(at(-1).windows.map(({ end }) => end / 1_000)).toEqual(
    Array.from({ length: 14 }, (_, n) => (n + 1) * 10),
  );
  for (let bucket = 0; bucket < 4; bucket += 1) {
    model.observed(fired(bucket, 'carts', 104_000), 0);
  }
  const { windows } = at(104_999);
  expect(windows.slice(0, 5).map(({ end, state }) => [end / 1_000, state])).toEqual([
    ...[80, 90, 100].map((end) => [end, 'closed']),
    [110, 'filling'],
    [120, 'opening'],
  ]);
  expect(windows[3]).toMatchObject({ start: 100_000, sent: 10, progress: 0.5, sum: null });
});

test('points are told once, and which of them are behind the watermark', () => {
  const model = clicks();
  model.committed(STAGE, [lane(S0, { watermark: 100 })]);
  model.sent(sent(S0, 150), 0);
  model.sent(sent(S0, 50), 0);
  model.sent({ ...sent(S0, 40), byHand: true }, 0);
  const { next, snapshot } = model.snapshot(0, 0);
  expect(snapshot.points.map(([, time, kind]) => [time, kind])).toEqual([
    [150, 0],
    [50, 1],
    [40, 2],
  ]);
  expect(snapshot.watermarks).toEqual([[1_000, 100]]);
  expect(model.snapshot(0, next).snapshot).toMatchObject({ points: [], watermarks: [] });
});

test('a plan is drawn from left to right', () => {
  const { nodes, edges } = new PipelineModel(revenueByTier()).outline;
  expect(nodes.map(({ column, name }) => `${column} ${name}`)).toEqual([
    '0 orders',
    '0 users',
    '1 orders',
    '2 orders-of-users-answers',
    '3 orders-of-users',
    '4 by-tier',
    '5 revenue-by-tier',
  ]);
  const column = new Map(nodes.map((node) => [node.id, node.column]));
  for (const { from, to } of edges) {
    expect(column.get(from)).toBeLessThan(column.get(to) ?? 0);
  }
});

const clicks = () => new PipelineModel(clicksPerPage({ window: MINUTE }));

function stageOf(model: PipelineModel, now = 0) {
  const [stage] = model.snapshot(now, 0).snapshot.stages;
  if (stage === undefined) throw new Error('the model has no stage');
  return stage;
}

const sent = (shardId: string, eventTime: number) => ({
  ...{ stream: 'clicks', shardId, eventTime },
  ...{ arrivalTime: 1_000, byHand: false },
});

const lane = (shardId: string, more: Partial<CommittedLane>): CommittedLane => ({
  ...{ lane: `clickstream@1/${shardId}`, position: '1', watermark: 0, ended: false },
  ...{ records: 1, filtered: 0, late: 0, deadLetters: 0 },
  ...more,
});

const result = (key: string, value: number) => ({
  ...{ key, value },
  ...{ windowStart: 0, windowEnd: MINUTE },
});

function gathered(slots: readonly number[] = []): Observation {
  return {
    ...{ kind: 'gathered', stage: STAGE, lane: `clickstream@1/${S0}`, epoch: 1, records: 1 },
    ...{
      bytes: 1,
      filtered: 0,
      late: 0,
      lateKept: 0,
      lateAllowed: 0,
      deadLetters: 0,
      duplicates: 0,
    },
    ...{ segments: 1, arrivalTime: 0, watermark: 0, slots },
  };
}

function undone(): Observation {
  const error = new Error('it broke');
  return { kind: 'undone', stage: STAGE, lane: `clickstream@1/${S0}`, error };
}

const fired = (bucket: number, stage = STAGE, through = MINUTE): Observation => ({
  ...{ kind: 'fired', stage, bucket, through, slots: [through], outputs: 1 },
  ...{ deadLetters: 0, at: 0, closedAt: undefined },
});
