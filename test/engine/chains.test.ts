import { expect, test } from 'vitest';
import { combine, SECONDS, TumblingWindow, table } from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';
import {
  bidsPerWindow,
  hotItems,
  hotItemsPlan,
  hotOf,
  hottestOf,
  someBids,
} from '../support/hot-items.ts';

test.each([1, 2, 3])('the hottest auction of every window (seed %i)', async (seed) => {
  const all = someBids(seed);
  const driver = testDriver(hotItems().hottest.to(table('hot')), { lanes: 2 });
  for (const [n, bid] of all.entries()) await driver.lane(n % 2).send(bid);
  expect(driver.results().length).toBeGreaterThan(5);
  await driver.end();
  expect(driver.results().map(hotOf)).toEqual(hottestOf(all));
});

test('both stages of a chain can have a table', async () => {
  const plan = hotItemsPlan();
  expect(plan.stages.map(({ name }) => name)).toEqual(['bids-per-auction', 'hottest']);
  const all = someBids(4, 50);
  const driver = testDriver<number>(plan);
  await driver.send(...all);
  await driver.end();
  expect(driver.results('hot').map(hotOf)).toEqual(hottestOf(all));
  const counts = new Map<number, Map<number, number>>();
  for (const { key, windowEnd, value } of driver.results('counts')) {
    counts.set(windowEnd, (counts.get(windowEnd) ?? new Map()).set(Number(key), value));
  }
  expect(counts).toEqual(bidsPerWindow(all));
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
