import { expect, test } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import { abortedKey } from '../../src/engine/keys.ts';
import { openWindows } from '../../src/engine/open-windows.ts';
import { holdersOf, standingOf } from '../../src/engine/standing.ts';
import {
  HoppingWindow,
  type Plan,
  pipeline,
  SECONDS,
  SessionWindow,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';
import { MIN_TIME } from '../../src/time/watermark.ts';

const keyed = pipeline('test')
  .stream('events', {
    schema: z.object({ at: z.number(), key: z.string() }),
    timestamp: (e) => e.at,
    outOfOrderness: 0,
  })
  .keyBy((e) => e.key);
const NAME = { name: 'per-key', buckets: 2 };
const tumbling = keyed.window(TumblingWindow.of(10, SECONDS)).count(NAME).to(table('told'));
const hopping = keyed
  .window(HoppingWindow.of(20, SECONDS).every(10, SECONDS))
  .count(NAME)
  .to(table('told'));
const sessions = keyed.window(SessionWindow.withGap(10, SECONDS)).count(NAME).to(table('told'));

/** Key and seconds of events of two lanes. */
const EVENTS = { one: ['a1', 'b2', 'a12', 'c31'], two: ['a3', 'd14', 'd22'] };

test.each([
  [
    'tumbling windows',
    tumbling,
    // Through 20 s all is fired: the slower lane is at 22 s.
    [
      { windowStart: 20_000, slot: 30_000, keys: 1 },
      { windowStart: 30_000, slot: 40_000, keys: 1 },
    ],
  ],
  [
    'hopping windows, with what came before the last one was fired',
    hopping,
    [
      { windowStart: 10_000, slot: 30_000, keys: 2 },
      { windowStart: 20_000, slot: 40_000, keys: 2 },
      { windowStart: 30_000, slot: 50_000, keys: 1 },
    ],
  ],
  [
    'events of sessions that are not looked at, and where sessions may end',
    sessions,
    [
      { windowStart: undefined, slot: 23_000, keys: 2 },
      { windowStart: undefined, slot: 25_000, keys: 1 },
      { windowStart: undefined, slot: 32_000, keys: 1 },
    ],
  ],
])('open are %s', async (_, plan, expected) => {
  const { store } = await gathered(plan);
  const [stage] = plan.stages;
  if (stage === undefined) throw new Error('the plan has no stage');
  const buckets: number[] = [];
  const open: readonly object[] = await openWindows({ stage, store }, (done) => buckets.push(done));
  expect(open).toEqual(expected);
  expect(buckets).toEqual([1, 2]);
});

test('what was aborted is in no window', async () => {
  const { store, lanes } = await gathered(tumbling);
  const [stage] = tumbling.stages;
  if (stage === undefined) throw new Error('the plan has no stage');
  const aborted = { lane: lanes.one, from: 1, to: 1 };
  await store.update('control', abortedKey(stage.name, lanes.one, 2), { set: aborted });
  expect(await openWindows({ stage, store })).toEqual([
    { windowStart: 20_000, slot: 30_000, keys: 1 },
  ]);
});

test('a stage stands where its slowest lane does, and that one holds it', async () => {
  const { store, lanes } = await gathered(tumbling);
  const [standing] = await standingOf(tumbling, store);
  if (standing === undefined) throw new Error('the plan has no stage');
  expect(standing.watermark).toBe(21_999);
  expect(standing.buckets.map(({ firedThrough }) => firedThrough)).toEqual([20_000, 20_000]);
  expect(holdersOf(standing).lanes.map(({ lane }) => lane)).toEqual([lanes.two]);
});

test('a stage that has read nothing stands nowhere', async () => {
  const [standing] = await standingOf(tumbling, memoryStore());
  expect(standing).toMatchObject({ watermark: MIN_TIME, lanes: [] });
});

/** Both lanes are read and what that closes is fired. */
async function gathered(plan: Plan) {
  const log = memoryLog(() => 100_000);
  const store = memoryStore();
  const running = engine(plan, {
    store,
    clock: () => 100_000,
    sources: { events: log },
    sinks: { told: memorySink() },
    deadLetters: memoryDeadLetters(),
    observe: () => {},
  });
  const lanes = { one: 'one', two: 'two' };
  for (const lane of Object.values(lanes)) log.open(lane);
  for (const name of ['one', 'two'] as const) {
    for (const text of EVENTS[name]) {
      const event = { key: text[0], at: Number(text.slice(1)) * 1_000 };
      log.append(lanes[name], JSON.stringify(event), 100_000);
    }
    await running.gather('events', lanes[name], log.records(lanes[name]));
  }
  for (let bucket = 0; bucket < 2; bucket++) await running.fire('per-key', bucket, () => false);
  return { store, lanes };
}
