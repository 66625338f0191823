import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { combine, pipeline, SECONDS, TumblingWindow, table } from '../../src/index.ts';
import { bidsPerWindow, hotItemsPlan, hotOf, hottestOf, someBids } from '../support/hot-items.ts';
import { type LocalServers, localPipeline, startServers } from '../support/local-pipeline.ts';
import { random } from '../support/random.ts';

/** Plans of several stages and streams through the Lambda handler, its triggers and its tables. */
let servers: LocalServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.stop());

test('hot items over two shards: the control stream fires both stages, and the tables hold the recount', async () => {
  const local = await localPipeline(servers, hotItemsPlan());
  const lanes = [1, 2].map((seed) => someBids(seed, 300));
  const all = lanes.flat();
  await local.put('bids', lanes);
  const called = await local.run(Math.max(...all.map(({ at }) => at)) + 60 * SECONDS);

  const hot = (await local.rows('hot')).map(hotOf);
  expect(hot.sort(([a], [b]) => Number(a) - Number(b))).toEqual(hottestOf(all));
  const counts = (await local.rows('counts')).map(({ windowEnd, key, value }) => {
    return `${windowEnd} ${key} ${value}`;
  });
  const expected = [...bidsPerWindow(all)].flatMap(([end, window]) =>
    [...window].map(([auction, count]) => `${end} ${auction} ${count}`),
  );
  expect(counts.sort()).toEqual(expected.sort());
  expect(await local.letters()).toEqual([]);
  for (const stage of ['bids-per-auction', 'hottest']) {
    for (const bucket of [0, 1, 2, 3]) expect(called).toContain(`${stage}#bucket#${bucket}`);
  }
  // The tick closes the last windows of the first stage; what fires them closes those of the second.
  expect(called.lastIndexOf('hottest#bucket#0')).toBeGreaterThan(called.indexOf('tick'));
});

const visit = z.object({ at: z.number(), page: z.string() });

test('two streams in one, with what they say of each page last, and raw', async () => {
  const stream = (name: string) =>
    pipeline('shop').stream(name, {
      schema: visit,
      timestamp: (e) => e.at,
      outOfOrderness: 2 * SECONDS,
      maxDelay: 10 * SECONDS,
    });
  const [clicks, orders] = [stream('clicks'), stream('orders')];
  const counts = clicks
    .merge(orders)
    .keyBy((e) => e.page)
    .window(TumblingWindow.of(10, SECONDS))
    .count({ name: 'per-page' });
  const last = orders
    .keyBy((e) => e.page)
    .toTable({ name: 'last-order', row: ({ at }) => ({ at }) });
  const plan = combine(
    counts.to(table('counts')),
    last.to(table('last')),
    orders.filter((e) => e.page === '/0').to(table('raw')),
  );
  const local = await localPipeline(servers, plan);
  const visits = { clicks: [someVisits(1), someVisits(2)], orders: [someVisits(3), someVisits(4)] };
  for (const [name, lanes] of Object.entries(visits)) await local.put(name, lanes);
  const ordered = visits.orders.flat();
  const all = [...visits.clicks.flat(), ...ordered];
  await local.run(Math.max(...all.map(({ at }) => at)) + 10 * SECONDS);

  const rows = (await local.rows('counts')).map(({ windowStart, key, value }) => {
    return [`${windowStart} ${key}`, value];
  });
  const expected = new Map<string, number>();
  for (const { at, page } of all) {
    const id = `${at - (at % 10_000)} ${page}`;
    expected.set(id, (expected.get(id) ?? 0) + 1);
  }
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(expected));

  const newest = new Map<string, number>();
  for (const { at, page } of ordered) newest.set(page, Math.max(newest.get(page) ?? 0, at));
  const told = (await local.rows('last')).map(({ key, value }) => [key, (value as Visit).at]);
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(newest));

  const raw = (await local.rows('raw')).map(({ value }) => (value as Visit).at);
  const home = ordered.filter(({ page }) => page === '/0').map(({ at }) => at);
  expect(raw.sort()).toEqual(home.sort());
  expect(await local.letters()).toEqual([]);
});

type Visit = z.infer<typeof visit>;

function someVisits(seed: number): Visit[] {
  const chance = random(seed);
  return Array.from({ length: 150 }, (_, n) => ({
    at: 100_000 + n * 300 - chance.below(2 * SECONDS),
    page: `/${chance.below(5)}`,
  }));
}
