import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CartEvent } from '../../functions/cart/events.ts';
import { balances, type Cart, cart, shoppingCarts } from '../../functions/cart/pipeline.ts';
import { history, MINUTES, replay } from '../../src/index.ts';
import { fileLane, runBatch } from '../../src/runtime/batch/index.ts';
import { testDriver } from '../../src/testing/index.ts';
import { random } from '../support/random.ts';
import { sharedData } from '../support/shared-data.ts';

const way = {
  timestamp: ({ timestamp }: CartEvent) => timestamp,
  keyBy: (event: CartEvent) => event.cart_id,
};

const added = (second: number, product: string, quantity: number, amount: number): CartEvent => ({
  timestamp: `2026-03-01T12:00:${String(second).padStart(2, '0')}Z`,
  cart_id: 'c1',
  action: quantity > 0 ? 'add_item' : 'remove_item',
  product,
  quantity: Math.abs(quantity),
  amount,
});

const bought: CartEvent = {
  timestamp: '2026-03-01T12:00:30Z',
  cart_id: 'c1',
  action: 'purchase',
  items: 3,
  amount: 7.25,
};

test('a cart is what was put in without what was taken out', async () => {
  const driver = testDriver<Cart>(shoppingCarts());
  await driver.send(
    added(9, 'tea', -1, 2.5),
    bought,
    added(1, 'tea', 2, 5),
    added(5, 'cup', 1, 4.75),
  );
  await driver.end();
  const carts = driver.rows('carts');
  expect([...carts.values()].map(balances)).toEqual([true]);
  expect(carts.get('c1')).toEqual({
    products: { tea: 1, cup: 1 },
    lines: 3,
    pence: 725,
    checkout: { lines: 3, pence: 725 },
  });
  const entries = driver.events('cart-history') as unknown as { value: Entry }[];
  expect(entries.map(({ value }) => value.pence)).toEqual([500, 975, 725, 725]);
});

test('what comes after the checkout is seen not to balance', () => {
  const events = [added(1, 'tea', 1, 2.5), { ...bought, items: 1, amount: 2.5 }];
  const balanced = (more: readonly CartEvent[]) =>
    [...replay(cart, [...events, ...more], way).values()].map(balances);
  expect(balanced([])).toEqual([true]);
  expect(balanced([added(50, 'cup', 1, 1)])).toEqual([false]);
});

/** A row of the table cart-history. */
interface Entry {
  readonly time: number;
  readonly event: CartEvent;
  readonly lines: number;
  readonly pence: number;
}

const DATASET = 'online_retail_carts_2010_12';
const data = sharedData();

describe.skipIf(data === undefined)('all carts of a shop in December 2010', () => {
  const file = data?.file(DATASET) ?? '';
  let events: readonly CartEvent[] = [];
  let plain: ReturnType<typeof recounted>;
  beforeAll(() => {
    const text = gunzipSync(readFileSync(file)).toString();
    events = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    plain = recounted(events);
  });

  test('balance by a plain count', () => {
    expect(events).toHaveLength(44_226);
    expect(plain.size).toBe(1_885);
    expect([...plain.values()].filter(({ charged, pence }) => charged !== pence)).toEqual([]);
  });

  test('balance as a stream, out of order over four lanes', { timeout: 300_000 }, async () => {
    const [outOfOrderness, lanes] = [10 * MINUTES, 4];
    const plan = shoppingCarts({ outOfOrderness });
    const driver = testDriver<Cart>(plan, { lanes, batchSize: 500 });
    const arriving = shuffled(spread(events), outOfOrderness);
    for (let from = 0; from < arriving.length; from += 1_000) {
      const some = dealt(arriving.slice(from, from + 1_000), lanes);
      for (const [lane, its] of some.entries()) await driver.lane(lane).send(...its);
    }
    await driver.end();
    expect(driver.late()).toEqual([]);
    expect(driver.deadLetters()).toEqual([]);
    expectAll(driver.rows('carts'), plain);
    const entries = driver.events('cart-history') as unknown as { key: string; value: Entry }[];
    expectHistory(entries, spread(events));
  });

  test('balance as a batch', { timeout: 300_000 }, async () => {
    const output = mkdtempSync(path.join(tmpdir(), 'tidemark-cart-'));
    try {
      const inputs = { 'cart-events': [fileLane(file)] };
      const { summary } = await runBatch(shoppingCarts(), { inputs, output });
      expect(summary.stages).toMatchObject({
        carts: { records: 44_226, late: 0, deadLetters: 0, filtered: 0 },
      });
      const linesOf = (name: string): { key: string; value: never }[] =>
        readFileSync(path.join(output, name), 'utf8')
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line));
      const carts = linesOf('carts.jsonl').map(({ key, value }) => [key, value] as const);
      expectAll(new Map<string, Cart>(carts), plain);
      expect(linesOf('cart-history.jsonl')).toHaveLength(events.length);
    } finally {
      rmSync(output, { recursive: true, force: true });
    }
  });
});

interface Plain {
  pence: number;
  lines: number;
  charged: number | undefined;
  readonly pieces: Map<string, number>;
}

/** Each cart counted with sums alone: in no order, and by code that shares nothing with the pipeline. */
function recounted(events: readonly CartEvent[]): Map<string, Plain> {
  const carts = new Map<string, Plain>();
  for (const event of events) {
    const known = carts.get(event.cart_id);
    const one = known ?? { pence: 0, lines: 0, charged: undefined, pieces: new Map() };
    carts.set(event.cart_id, one);
    const pence = Number(event.amount.toFixed(2).replace('.', ''));
    if ('product' in event) {
      const sign = event.action === 'remove_item' ? -1 : 1;
      one.pence += sign * pence;
      one.lines += 1;
      one.pieces.set(event.product, (one.pieces.get(event.product) ?? 0) + sign * event.quantity);
    } else {
      one.charged = (one.charged ?? 0) + pence;
    }
  }
  return carts;
}

function expectAll(carts: ReadonlyMap<string, Cart>, plain: ReadonlyMap<string, Plain>): void {
  expect(carts.size).toBe(plain.size);
  expect([...carts.values()].filter((one) => !balances(one))).toEqual([]);
  for (const [id, { pence, lines, pieces }] of plain) {
    expect(carts.get(id)).toMatchObject({ pence, lines, products: Object.fromEntries(pieces) });
  }
}

/** The rows of the history are what the events alone say, and tell the state at any time. */
function expectHistory(
  rows: readonly { readonly key: string; readonly value: Entry }[],
  events: readonly CartEvent[],
): void {
  const told = rows.map(({ key, value }) => ({ key, time: value.time, pence: value.pence }));
  const plain = history(cart, events, way).map(({ key, time, after }) => ({
    key,
    time,
    pence: after?.pence,
  }));
  expect(told).toHaveLength(events.length);
  expect(new Set(told.map((one) => JSON.stringify(one)))).toEqual(
    new Set(plain.map((one) => JSON.stringify(one))),
  );
  const until = Date.parse('2010-12-10T12:00:00Z');
  const then = replay(cart, events, { ...way, until });
  const last = new Map(
    rows.filter(({ value }) => value.time <= until).map(({ key, value }) => [key, value.pence]),
  );
  expect(last.size).toBeGreaterThan(500);
  expect(last).toEqual(new Map([...last.keys()].map((key) => [key, then.get(key)?.pence])));
}

/** The file has whole minutes: the events of one get a ms each, in their order. */
function spread(events: readonly CartEvent[]): CartEvent[] {
  const seen = new Map<string | number, number>();
  return events.map((event) => {
    const n = seen.get(event.timestamp) ?? 0;
    seen.set(event.timestamp, n + 1);
    return { ...event, timestamp: Date.parse(String(event.timestamp)) + n };
  });
}

/** In an order of arrival that is behind by less than so much. */
function shuffled(events: readonly CartEvent[], byMs: number): CartEvent[] {
  const chance = random(7);
  return events
    .map((event) => ({ event, arrival: Number(event.timestamp) + chance.next() * byMs }))
    .sort((a, b) => a.arrival - b.arrival)
    .map(({ event }) => event);
}

/** Each cart to one lane, as a partition key does it. */
function dealt(events: readonly CartEvent[], lanes: number): CartEvent[][] {
  const all = Array.from({ length: lanes }, (): CartEvent[] => []);
  for (const event of events) all[Number(event.cart_id.replace(/\D/g, '')) % lanes]?.push(event);
  return all;
}
