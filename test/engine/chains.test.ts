import { expect, test } from 'vitest';
import * as z from 'zod';
import {
  combine,
  HoppingWindow,
  maxBy,
  pipeline,
  SECONDS,
  TumblingWindow,
  table,
  type WindowResult,
} from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';
import { random } from '../support/random.ts';

const bids = () =>
  pipeline('auctions').stream('bids', {
    schema: z.object({ at: z.number(), auction: z.number(), bidder: z.number() }),
    timestamp: (bid) => bid.at,
    outOfOrderness: 5 * SECONDS,
  });

/** Query 5 of Nexmark: the auction with the most bids in each window. */
function hotItems() {
  const counts = bids()
    .keyBy((bid) => bid.auction)
    .window(HoppingWindow.of(60, SECONDS).every(10, SECONDS))
    .count({ name: 'bids-per-auction' });
  const hottest = counts
    .keyBy((window) => window.windowEnd)
    .window(TumblingWindow.of(10, SECONDS))
    .aggregate(
      maxBy((window: WindowResult<number>) => window.value * 1e6 - Number(window.key)),
      { name: 'hottest' },
    );
  return { counts, hottest };
}

interface Bid {
  readonly at: number;
  readonly auction: number;
  readonly bidder: number;
}

function someBids(seed: number): Bid[] {
  const chance = random(seed);
  return Array.from({ length: 400 }, (_, n) => ({
    at: n * 500 - chance.below(5 * SECONDS) + 100_000,
    auction: chance.below(7),
    bidder: chance.below(20),
  }));
}

/** The most bids of an auction in each window, by its end. */
function recounted(all: readonly Bid[]): Map<number, readonly [auction: number, count: number]> {
  const counts = new Map<number, Map<number, number>>();
  for (const { at, auction } of all) {
    const last = Math.floor(at / 10_000) * 10_000;
    for (let start = last; start > last - 60_000; start -= 10_000) {
      const window = counts.get(start + 60_000) ?? new Map<number, number>();
      window.set(auction, (window.get(auction) ?? 0) + 1);
      counts.set(start + 60_000, window);
    }
  }
  return new Map(
    [...counts].map(([end, window]) => {
      const [first] = [...window].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
      return [end, first ?? [0, 0]];
    }),
  );
}

test.each([1, 2, 3])('the hottest auction of every window (seed %i)', async (seed) => {
  const all = someBids(seed);
  const driver = testDriver<{ key: string; value: number }>(hotItems().hottest.to(table('hot')), {
    lanes: 2,
  });
  for (const [n, bid] of all.entries()) await driver.lane(n % 2).send(bid);
  expect(driver.results().length).toBeGreaterThan(5);
  await driver.end();
  const told = driver
    .results()
    .map(({ key, value }) => [Number(key), [Number(value.key), value.value]]);
  expect(told).toEqual([...recounted(all)].sort((a, b) => a[0] - b[0]));
});

test('both stages of a chain can have a table', async () => {
  const { counts, hottest } = hotItems();
  const plan = combine(counts.to(table('counts')), hottest.to(table('hot')));
  expect(plan.stages.map(({ name }) => name)).toEqual(['bids-per-auction', 'hottest']);
  const driver = testDriver(plan);
  await driver.send({ at: 5_000, auction: 1, bidder: 1 });
  await driver.end();
  expect(driver.results('counts')).toHaveLength(6);
  expect(driver.results('hot')).toHaveLength(6);
});

test('what is made of results in any number goes to a table as events', async () => {
  const { counts } = hotItems();
  const often = counts.flatMap(({ key, windowEnd, value }) =>
    value > 1 ? [`${key} at ${windowEnd}`, `${value} bids`] : [],
  );
  const driver = testDriver(often.to(table('often')));
  await driver.send({ at: 5_000, auction: 1, bidder: 1 }, { at: 6_000, auction: 1, bidder: 2 });
  await driver.end();
  expect(driver.events().slice(0, 2)).toEqual([
    { key: '1', time: 9_999, value: '1 at 10000' },
    { key: '1', time: 9_999, value: '2 bids' },
  ]);
  expect(driver.events()).toHaveLength(12);
});

test('a result that a stateless operator fails on is a dead letter, for a table and for a stage alike', async () => {
  const picky = hotItems()
    .counts.filter(({ windowEnd }) => windowEnd === 10_000)
    .map((window) => {
      if (window.key === '2') throw new Error('not this one');
      return window;
    });
  const again = picky
    .keyBy(({ windowEnd }) => windowEnd)
    .window(TumblingWindow.of(10, SECONDS))
    .sum(({ value }) => value, { name: 'again' });
  const driver = testDriver(combine(picky.to(table('picky')), again.to(table('again'))));
  for (const auction of [1, 2, 3]) await driver.send({ at: 5_000, auction, bidder: 1 });
  await driver.end();
  expect(driver.results('picky').map(({ key }) => key)).toEqual(['1', '3']);
  expect(driver.results('again').map(({ value }) => value)).toEqual([2]);
  const letters = driver
    .deadLetters()
    .map(({ source, reason, detail }) => [source, reason, detail]);
  const detail = 'a function of the pipeline threw Error: not this one';
  expect(letters).toEqual([
    ['bids-per-auction', 'FUNCTION', detail],
    ['bids-per-auction', 'FUNCTION', detail],
  ]);
});
