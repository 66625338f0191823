import { expect, test } from 'vitest';
import * as z from 'zod';
import {
  DAYS,
  HOURS,
  HoppingWindow,
  MINUTES,
  type Plan,
  pipeline,
  SECONDS,
  type StagePlan,
  TumblingWindow,
  table,
  type WindowKind,
} from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';
import { type Random, random } from '../support/random.ts';
import { isLate, type Taken, windowsCounted } from './plain-windows.ts';
import { seedGroups } from './seeds.ts';

const OUT_OF_ORDER = 15;
const LANES = 2;

/** Windows of any size, advance and offset, looked at on any grid, in ms: what a recount of all pairs says. */
test.each(seedGroups(300))('windows on any grid (seeds %i, ...)', async (...seeds) => {
  for (const seed of seeds) await run(random(seed), `seed ${seed}`);
});

async function run(chance: Random, message: string): Promise<void> {
  const window = anyWindow(chance);
  const resolution = chance.chance(0.5) ? {} : { resolution: 1 + chance.below(40) };
  const plan = planOf(window, resolution);
  const gridMs = stageOf(plan).resolutionMs;
  const driver = testDriver<number>(plan, { lanes: LANES, batchSize: 3 });
  const { taken, late } = await sendSome(driver, { window, latenessMs: 0, gridMs }, chance);
  await driver.end();
  const told = driver.takeOutputs().map(({ key, windowStart, windowEnd, slot, value }) => {
    expect(slot, message).toBe(Math.floor((windowEnd - 1) / gridMs) * gridMs + gridMs);
    return `${key} ${windowStart} ${value}`;
  });
  const counted = windowsCounted({ window, latenessMs: 0, gridMs }, taken);
  const expected = counted.map(({ key, start, count }) => `${key} ${start} ${count}`);
  expect(told.sort(), message).toEqual(expected.sort());
  expect(driver.late(), message).toHaveLength(late);
  expect(driver.deadLetters(), message).toEqual([]);
}

function anyWindow(chance: Random): WindowKind {
  const size = 1 + chance.below(60);
  const advance = chance.chance(0.3) ? size : 1 + chance.below(size);
  const offset = chance.chance(0.3) ? 0 : chance.below(advance);
  return HoppingWindow.of(size).every(advance, 1, { offset });
}

function planOf(window: WindowKind, options: { readonly resolution?: number } = {}): Plan {
  return pipeline('test')
    .stream('events', {
      schema: z.object({ at: z.number(), key: z.string() }),
      timestamp: ({ at }) => at,
      outOfOrderness: OUT_OF_ORDER,
    })
    .keyBy(({ key }) => key)
    .window(window)
    .count({ name: 'counts', buckets: 2, ...options })
    .to(table('results'));
}

const stageOf = ({ stages }: Plan): StagePlan => stages[0] as StagePlan;

/** Some come late, some too late, and now and then nothing comes for long; before 1970 too. */
async function sendSome(
  driver: ReturnType<typeof testDriver<number>>,
  windowing: Parameters<typeof isLate>[0],
  chance: Random,
) {
  const watermarks = Array.from({ length: LANES }, () => -8.64e15);
  const taken: Taken[] = [];
  let late = 0;
  let now = -200;
  for (let n = 0; n < 40; n++) {
    now += chance.chance(0.1) ? 300 : chance.below(15);
    const event = { at: now - chance.below(60), key: chance.pick(['a', 'b']) };
    const lane = chance.below(LANES);
    const watermark = watermarks[lane] as number;
    if (isLate(windowing, event.at, watermark)) late++;
    else taken.push({ ...event, watermark });
    watermarks[lane] = Math.max(watermark, event.at - OUT_OF_ORDER - 1);
    await driver.lane(lane).send(event);
  }
  return { taken, late };
}

const SPARSE: readonly (readonly [WindowKind, results: number])[] = [
  [TumblingWindow.of(2, MINUTES, { offset: 1 }), 2],
  [HoppingWindow.of(4, MINUTES).every(2, MINUTES, { offset: 1 }), 3],
  [HoppingWindow.of(2, MINUTES).every(1_001), 240],
];

test.each(SPARSE.map(([window, results]) => [window.name, window, results] as const))(
  'only slots in which a window ends are looked at, however fine the grid (%s)',
  async (_name, window, results) => {
    const { plan, looks } = lookedAt(planOf(window, { resolution: 1 }));
    const driver = testDriver<number>(plan);
    await driver.send({ at: 500, key: 'a' }, { at: 2 * MINUTES + 500, key: 'a' });
    await driver.end();
    expect(driver.results()).toHaveLength(results);
    expect(looks()).toBeLessThanOrEqual(2 * results);
  },
);

/** The same plan, and how often its operator was asked for the results of a key. */
function lookedAt(plan: Plan) {
  let count = 0;
  const stage = stageOf(plan);
  const { operator } = stage;
  const { firing } = operator;
  if (firing.kind !== 'slot') throw new Error('windows are told slot by slot');
  const counting: typeof firing = {
    ...firing,
    results(...args) {
      count++;
      return firing.results(...args);
    },
  };
  const stages = [{ ...stage, operator: { ...operator, firing: counting } }];
  return { plan: { ...plan, stages }, looks: () => count };
}

test.each([
  ['a day, a bit shifted', TumblingWindow.of(1, DAYS, { offset: 1 }), DAYS],
  ['a day of another zone', TumblingWindow.of(1, DAYS, { offset: -8 * HOURS }), DAYS],
  ['an advance that does not divide', HoppingWindow.of(5, MINUTES).every(100_001), 100_001],
  ['one that shares a grid', HoppingWindow.of(10, SECONDS).every(6, SECONDS), 6 * SECONDS],
])('%s: one boundary within the time between two starts makes two slices', (_, window, advance) => {
  const { operator } = stageOf(planOf(window));
  let slices = operator.create();
  for (let n = 0; n <= 1_000; n++) {
    const at = Math.floor((n * (advance - 1)) / 1_000);
    slices = operator.add(slices, {}, at, { lane: 'l', position: '1', index: n }, 0);
  }
  expect(slices).toHaveLength(2);
});

test.each([
  ['ends on whole minutes', TumblingWindow.of(5, MINUTES), 5 * MINUTES],
  ['ends on the offset', TumblingWindow.of(1, DAYS, { offset: 1 * MINUTES }), 1 * MINUTES],
  ['ends on odd half minutes', HoppingWindow.of(90, SECONDS).every(1, MINUTES), 30 * SECONDS],
  ['sizes and offsets that make up for one another', ...shifted()],
  ['ends on no grid of use', TumblingWindow.of(5, MINUTES, { offset: 1 }), 1 * SECONDS],
  ['starts on no grid of use', HoppingWindow.of(5, MINUTES).every(100_001), 1 * SECONDS],
  ['a grid just wide enough', TumblingWindow.of(5, MINUTES, { offset: 100 }), 100],
  ['windows of less than a second', TumblingWindow.of(50, 1, { offset: 1 }), 1],
] as const)('%s: the default resolution', (_, window, resolutionMs) => {
  expect(stageOf(planOf(window)).resolutionMs).toBe(resolutionMs);
});

function shifted() {
  const window = HoppingWindow.of(10, SECONDS).every(4, SECONDS, { offset: 2 * SECONDS });
  return [window, 4 * SECONDS] as const;
}
