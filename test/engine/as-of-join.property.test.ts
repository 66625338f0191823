import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  combine,
  type Joined,
  type Plan,
  pipeline,
  SECONDS,
  type StagePlan,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import type { AsOfKind } from '../../src/operators/as-of-join.ts';
import { type Random, random } from '../support/random.ts';
import {
  ChaosWorld,
  type Happening,
  type Judged,
  MAX_DELAY,
  OUT_OF_ORDER,
  SKEW,
} from './chaos-world.ts';
import { type Change, joinedAsOf, toldVersions } from './plain-as-of.ts';
import { seedGroups } from './seeds.ts';

/**
 * Two streams, one of them read as a table, plainly or told by a stage of its own: whatever the batches,
 * the crashes, the redeliveries, the splits and the order of it all, the results are those of a plain
 * recount, and none of them comes too late for the stage that counts them.
 */
describe('an as-of join in any order', () => {
  test.each(seedGroups(60))('gives the plain answer (seeds %i, ...)', async (...group) => {
    for (const seed of group) await run(seed);
  });
});

/** Each fifth row is a deletion. */
const isGone = ({ n }: Happening): boolean => n % 5 === 0;

interface Joining {
  readonly kind: AsOfKind;
  readonly isTold: boolean;
  /** One stream is both sides. */
  readonly isSelf: boolean;
  /** Of the stage that tells the table, and of the join, ms. */
  readonly resolutions: { readonly rows: number; readonly join: number };
}

const GRIDS = [1, 700, SECONDS, 5 * SECONDS];

async function run(seed: number): Promise<void> {
  const chance = random(seed);
  const joining: Joining = {
    kind: chance.pick(['inner', 'left']),
    isTold: chance.chance(0.5),
    isSelf: chance.chance(0.2),
    resolutions: { rows: chance.pick(GRIDS), join: chance.pick(GRIDS) },
  };
  const world = new ChaosWorld(seed, chance, planOf(joining, chance));
  await world.run();
  check(world, joining);
}

/** The join has a table, and a stage that counts what it tells in each second. */
function planOf({ kind, isTold, isSelf, resolutions }: Joining, chance: Random): Plan {
  const beginning = pipeline('test');
  const keyed = (name: string) =>
    beginning
      .stream(name, {
        schema: z.object({ at: z.number(), key: z.string(), n: z.number() }),
        timestamp: (e) => e.at,
        outOfOrderness: OUT_OF_ORDER,
        maxFutureSkew: SKEW,
        maxDelay: MAX_DELAY,
      })
      .keyBy((e) => e.key);
  const stage = (name: string, resolution: number) => {
    return { name, resolution, buckets: chance.pick([1, 3]), keysPerChunk: chance.pick([1, 500]) };
  };
  const sales = keyed('sales');
  const said = (isSelf ? sales : keyed('prices')).toTable({
    row: (e: Happening) => (isGone(e) ? undefined : e.n),
    ...stage('rows', resolutions.rows),
  });
  const told = () =>
    said
      .changes()
      .keyBy(({ key }) => key)
      .toTable({ row: ({ value }) => value });
  const rows = isTold ? told() : said;
  const options = stage('joined', resolutions.join);
  const joined =
    kind === 'inner' ? sales.joinAsOf(rows, options) : sales.leftJoinAsOf(rows, options);
  const counts = joined
    .keyBy(() => 'all')
    .window(TumblingWindow.of(1, SECONDS))
    .count(stage('counts', SECONDS));
  return combine(joined.to(table('joined')), counts.to(table('counts')));
}

function check(world: ChaosWorld, joining: Joining): void {
  const message = `seed ${world.seed}, ${JSON.stringify(joining)}`;
  const { rows, late } = expectedOf(world, joining);
  const told = (world.sinks.joined?.rows() ?? []).map(({ key, windowStart, value }) => {
    const { left, right } = value as Joined<Happening, number | null>;
    return { key, at: windowStart, n: left.n, row: right };
  });
  expect(world.failures, message).toEqual([]);
  expect(lines(told), message).toEqual(lines(rows));
  expect(countsOf(world), message).toEqual(countsIn(rows));
  expect(world.tally(stageOf(world, 'joined')).late, message).toBe(late);
}

interface Row {
  readonly key: string;
  readonly at: number;
  readonly n: number;
  readonly row: number | null;
}

const lines = (rows: readonly Row[]): string[] =>
  rows.map(({ key, at, n, row }) => `${key} ${at}: ${n}=${row}`).sort();

const stageOf = ({ plan }: ChaosWorld, name: string): StagePlan =>
  plan.stages.find((stage) => stage.name === name) as StagePlan;

/** The plain answer: each event judged by itself, then every sale beside all changes. */
function expectedOf(world: ChaosWorld, { kind, isTold, isSelf, resolutions }: Joining) {
  const { join } = resolutions;
  const sales = world.judged(stageOf(world, 'joined'), 'sales');
  const taken = sales.filter((one) => one.event && filed(one, join) === ownSlot(one, join));
  const reader = stageOf(world, isTold ? 'rows' : 'joined');
  const grid = isTold ? resolutions.rows : join;
  const changes = world
    .judged(reader, isSelf ? 'sales' : 'prices')
    .flatMap((one, nth): Change[] => {
      const { event, lane } = one;
      if (event === undefined) return [];
      const order = `${lane} ${String(nth).padStart(6, '0')}`;
      return [{ ...event, filed: filed(one, grid), order, row: isGone(event) ? null : event.n }];
    });
  const versions = isTold ? toldVersions(changes, grid) : changes;
  const events = taken.map(({ event }) => event as Happening);
  const rows = joinedAsOf(kind, events, versions, join).map(
    ({ sale, row }): Row => ({ key: sale.key, at: sale.at, n: sale.n, row }),
  );
  // A record is late if nothing takes it: of one stream on both sides the table always does.
  const isTakenAsChange = isSelf && !isTold;
  const late = sales.filter((one) => one.event && !taken.includes(one) && !isTakenAsChange).length;
  return { rows, late };
}

const ownSlot = ({ event }: Judged, resolutionMs: number): number =>
  Math.floor((event?.at ?? 0) / resolutionMs) * resolutionMs + resolutionMs;

/** The slot of the event, or the first that is open at the watermark of its lane. */
const filed = (one: Judged, resolutionMs: number): number =>
  Math.max(
    ownSlot(one, resolutionMs),
    Math.floor((one.watermark + 1) / resolutionMs) * resolutionMs + resolutionMs,
  );

/** How much was told in each second, by the stage that counts it. */
const countsOf = ({ sinks }: ChaosWorld): Record<string, unknown> =>
  Object.fromEntries((sinks.counts?.rows() ?? []).map((row) => [row.windowStart, row.value]));

function countsIn(rows: readonly Row[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { at } of rows) {
    const second = at - (at % SECONDS);
    counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
}
