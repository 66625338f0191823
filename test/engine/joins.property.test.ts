import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  combine,
  type Joined,
  type JoinOptions,
  type KeyedStream,
  type Plan,
  pipeline,
  SECONDS,
  type StagePlan,
  type Stream,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import type { JoinKind } from '../../src/operators/interval-join.ts';
import { type Random, random } from '../support/random.ts';
import {
  ChaosWorld,
  type Happening,
  type Judged,
  MAX_DELAY,
  OUT_OF_ORDER,
  SKEW,
} from './chaos-world.ts';
import { seedGroups } from './seeds.ts';

/**
 * Whatever the batches, the interleaving, the crashes, the redeliveries and the splits: what is told is
 * the join of the events that were not late, as nested loops find it, and nothing of it comes too late
 * for the stage that counts it.
 */
describe('any batching, any retry, any interleaving of the shards of two streams', () => {
  test.each(seedGroups(60))('gives the relational join (seeds %i, ...)', async (...group) => {
    for (const seed of group) await run(seed);
  });
});

const KINDS = ['inner', 'left', 'right', 'outer'] as const;
const METHODS = {
  inner: 'join',
  left: 'leftJoin',
  right: 'rightJoin',
  outer: 'outerJoin',
} as const;
const BOUNDS = [
  { before: 0, after: 0 },
  { before: SECONDS, after: SECONDS },
  { before: 0, after: 4 * SECONDS },
  { before: 3 * SECONDS, after: 500 },
  { before: 12 * SECONDS, after: 20 * SECONDS },
  { before: -SECONDS, after: 6 * SECONDS },
  { before: 6 * SECONDS, after: -2 * SECONDS },
];

interface Joining {
  readonly kind: JoinKind;
  readonly before: number;
  readonly after: number;
  readonly resolution: number;
  /** One stream is both sides. */
  readonly isSelf: boolean;
}

type Sides = Joined<Happening | null, Happening | null>;

async function run(seed: number): Promise<void> {
  const chance = random(seed);
  const joining = {
    kind: chance.pick(KINDS),
    ...chance.pick(BOUNDS),
    resolution: chance.pick([SECONDS, 250, 3 * SECONDS]),
    isSelf: chance.chance(0.2),
  };
  const world = new ChaosWorld(seed, chance, planOf(joining, chance));
  await world.run();
  check(world, joining);
}

/** The join has a table, and a stage that counts what it tells in each second. */
function planOf({ kind, before, after, resolution, isSelf }: Joining, chance: Random): Plan {
  const beginning = pipeline('test');
  const keyed = (name: string): KeyedStream<Happening> =>
    beginning
      .stream(name, {
        schema: z.object({ at: z.number(), key: z.string(), n: z.number() }),
        timestamp: (e) => e.at,
        outOfOrderness: OUT_OF_ORDER,
        maxFutureSkew: SKEW,
        maxDelay: MAX_DELAY,
      })
      .keyBy((e) => e.key);
  const left = keyed('lefts');
  const stage = () => ({
    buckets: chance.pick([1, 2, 4]),
    keysPerChunk: chance.pick([1, 500]),
  });
  const options: JoinOptions = { before, after, resolution, name: 'joined', ...stage() };
  const joined = left[METHODS[kind]](isSelf ? left : keyed('rights'), options) as Stream<Sides>;
  const counts = joined
    .keyBy(() => 'all')
    .window(TumblingWindow.of(1, SECONDS))
    .count({ name: 'counts', ...stage() });
  return combine(joined.to(table('joined')), counts.to(table('counts')));
}

/** One pair, or one alone, as it was told or as it should be. */
interface Row {
  readonly key: string;
  readonly time: number;
  readonly left: number | null;
  readonly right: number | null;
}

function check(world: ChaosWorld, joining: Joining): void {
  const message = `seed ${world.seed}, ${JSON.stringify(joining)}`;
  const { rows, tally } = expectedOf(world, joining);
  const told = (world.sinks.joined?.rows() ?? []).map(({ key, windowStart, value }): Row => {
    const { left, right } = value as Sides;
    return { key, time: windowStart, left: left?.n ?? null, right: right?.n ?? null };
  });
  expect(world.failures, message).toEqual([]);
  expect(lines(told), message).toEqual(lines(rows));
  expect(countsOf(world), message).toEqual(countsIn(rows));
  expect(world.deadLetters.letters().length, message).toBe(tally.deadLetters);
  expect(world.tally(joinStage(world)), message).toEqual(tally);
  expect(remembered(world), message).toEqual([]);
}

const joinStage = ({ plan }: ChaosWorld): StagePlan =>
  plan.stages.find(({ name }) => name === 'joined') as StagePlan;

const lines = (rows: readonly Row[]): string[] =>
  rows.map(({ key, time, left, right }) => `${key} ${time}: ${left}+${right}`).sort();

/** The plain answer: each event judged by itself, then every left one against every right one. */
function expectedOf(world: ChaosWorld, joining: Joining) {
  const judged = (stream: string): Judged[] => world.judged(joinStage(world), stream);
  const lefts = judged('lefts');
  const rights = joining.isSelf ? lefts : judged('rights');
  const all = joining.isSelf ? lefts : [...lefts, ...rights];
  const isTaken = (one: Judged): boolean =>
    (lefts.includes(one) && !isLate(joining, one, joining.after)) ||
    (rights.includes(one) && !isLate(joining, one, joining.before));
  const tally = {
    records: all.length,
    late: all.filter((one) => one.event && !isTaken(one)).length,
    deadLetters: all.filter(({ event }) => event === undefined).length,
  };
  const taken = (side: readonly Judged[], laterMs: number): Happening[] =>
    side.flatMap((one) => (one.event && !isLate(joining, one, laterMs) ? [one.event] : []));
  const rows = join(joining, taken(lefts, joining.after), taken(rights, joining.before));
  return { rows, tally };
}

/** All slots are closed in which a partner could come that is not behind the watermark. */
function isLate({ resolution }: Joining, { event, watermark }: Judged, laterMs: number): boolean {
  const last = (event?.at ?? 0) + Math.max(laterMs, 0);
  const slotEnd = Math.floor(last / resolution) * resolution + resolution;
  return slotEnd - 1 <= watermark;
}

function join(
  { kind, before, after }: Joining,
  lefts: readonly Happening[],
  rights: readonly Happening[],
): Row[] {
  const isPair = (left: Happening, right: Happening): boolean =>
    left.key === right.key && right.at >= left.at - before && right.at <= left.at + after;
  const row = (left: Happening | undefined, right: Happening | undefined): Row => ({
    key: left?.key ?? right?.key ?? '',
    time: Math.max(left?.at ?? -Infinity, right?.at ?? -Infinity),
    left: left?.n ?? null,
    right: right?.n ?? null,
  });
  const rows: Row[] = [];
  for (const left of lefts) {
    const partners = rights.filter((right) => isPair(left, right));
    rows.push(...partners.map((right) => row(left, right)));
    const isTold = kind === 'left' || kind === 'outer';
    if (partners.length === 0 && isTold) rows.push(row(left, undefined));
  }
  for (const right of rights) {
    const isTold = kind === 'right' || kind === 'outer';
    const isAlone = !lefts.some((left) => isPair(left, right));
    if (isAlone && isTold) rows.push(row(undefined, right));
  }
  return rows;
}

/** How much was told in each second, by the stage that counts it. */
const countsOf = ({ sinks }: ChaosWorld): Record<string, unknown> =>
  Object.fromEntries((sinks.counts?.rows() ?? []).map((row) => [row.windowStart, row.value]));

function countsIn(rows: readonly Row[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { time } of rows) {
    const second = time - (time % SECONDS);
    counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
}

/** Keys that have a state left when all is over. */
const remembered = ({ store }: ChaosWorld): string[] =>
  [...store.items('state')]
    .filter(({ pk, data }) => pk.includes('#key#') && (data as Uint8Array).length > 0)
    .map(({ pk }) => pk);
