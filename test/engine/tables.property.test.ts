import { describe, expect, test } from 'vitest';
import { random } from '../support/random.ts';
import { ChaosWorld, type Happening } from './chaos-world.ts';
import { seedGroups } from './seeds.ts';
import { type Row, type Rows, rowOf, TABLE_PLANS, type TablePlan } from './table-plans.ts';

/**
 * Whatever the batches, the interleaving of stages and lanes, the crashes, the redeliveries and the
 * splits: when all is settled a table is what a plain computation makes of the latest rows, and every
 * row has gone from one told content to the next.
 */
describe('any batching, any retry, any interleaving of stages and of the shards of two streams', () => {
  test.each(seedGroups(60))(
    'settles to what the latest rows make (seeds %i, ...)',
    async (...group) => {
      for (const seed of group) await run(seed);
    },
  );
});

async function run(seed: number): Promise<void> {
  const chance = random(seed);
  const of = TABLE_PLANS[seed % TABLE_PLANS.length] as TablePlan;
  const options = { buckets: chance.pick([1, 2, 4]), keysPerChunk: chance.pick([1, 2, 500]) };
  const world = new ChaosWorld(seed, chance, of.plan(options));
  await world.run();
  check(world, of);
}

function check(world: ChaosWorld, of: TablePlan): void {
  const message = `seed ${world.seed}, ${of.name}`;
  expect(world.failures, message).toEqual([]);
  const ofStages = world.deadLetters.letters().filter(({ source }) => !(source in world.logs));
  expect(ofStages, message).toEqual([]);
  const happened = happenedIn(world, 'left');
  const settled = { happened, left: latest(happened), right: latest(happenedIn(world, 'right')) };
  const rows = (world.sinks.rows?.rows() ?? []).map(({ key, value }) => [key, value] as const);
  expect(Object.fromEntries(rows), message).toEqual(Object.fromEntries(of.plain(settled)));
  checkHistory(world, message);
}

/** Each change of a row begins where the one before it ended. What is not there is a 0. */
function checkHistory({ contents }: ChaosWorld, message: string): void {
  const told = [...contents].map(([identity, content]) => {
    const [value, old, position] = JSON.parse(content) as [unknown, unknown, string];
    return { key: (JSON.parse(identity) as unknown[])[5], value, old, position };
  });
  const standing = new Map<unknown, unknown>();
  for (const { key, value, old } of told.sort((a, b) => compare(a.position, b.position))) {
    expect(old, `${message}: what was told of ${key}`).toEqual(standing.get(key) ?? 0);
    standing.set(key, value);
  }
}

/** In event time; what happened at one time in the order of the lanes, and of the records in them. */
function happenedIn(world: ChaosWorld, stream: string): Happening[] {
  const stage = world.plan.stages.find(({ inputs }) =>
    inputs.some(({ from }) => from.kind === 'stream' && from.name === stream),
  );
  if (stage === undefined) return [];
  return world
    .judged(stage, stream)
    .flatMap(({ event, lane, position }) => (event ? [{ event, lane, position }] : []))
    .sort(
      (a, b) =>
        a.event.at - b.event.at || compare(a.lane, b.lane) || compare(a.position, b.position),
    )
    .map(({ event }) => event);
}

function latest(happened: readonly Happening[]): Rows<Row> {
  const rows = new Map<string, Row>();
  for (const event of happened) {
    const row = rowOf(event);
    if (row === null) rows.delete(event.key);
    else rows.set(event.key, row);
  }
  return rows;
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
