import { beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { engine, warm } from '../../src/engine/engine.ts';
import { RowCache } from '../../src/engine/row-cache.ts';
import {
  type LookupKey,
  type LookupOptions,
  type LookupTable,
  type Plan,
  pipeline,
  rowsOf,
  SECONDS,
  TumblingWindow,
  table,
  UnavailableError,
} from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLookup, testDriver } from '../../src/testing/index.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';

const Sale = z.object({
  at: z.number(),
  product: z.union([z.string(), z.number(), z.null()]).optional(),
});
type Sale = z.infer<typeof Sale>;
interface Product {
  readonly name: string;
  readonly maker?: string;
}

const products = rowsOf<Product>('products');
const sales = (onBadRecord: 'deadLetter' | 'stop' = 'deadLetter') =>
  pipeline('shop').stream('sales', {
    schema: Sale,
    timestamp: (e) => e.at,
    outOfOrderness: 0,
    onBadRecord,
  });
const key = (e: Sale) => e.product;

/** The names of what was sold, as it comes. */
const names = (options: Partial<LookupOptions<Sale>> = {}): Plan =>
  sales()
    .lookup(products, { key, ...options })
    .map(({ event, row }) => `${event.product}:${row?.name}`)
    .to(table('names'));

const sale = (product?: string | number | null, at = 1) => ({
  at,
  ...(product === undefined ? {} : { product }),
});

describe('an event and its row', () => {
  const driverFor = (plan: Plan) => {
    const driver = testDriver<string>(plan);
    const told = () => driver.takeOutputs().map(({ value }) => value);
    return { driver, told };
  };

  test('are put together as the row is when the event is gathered, whatever the time of the event', async () => {
    const { driver, told } = driverFor(names());
    await driver.send(sale('tea', 9_000));
    await driver.lookup('products').put('tea', { name: 'Tea' });
    await driver.send(sale('tea', 1));
    await driver.lookup('products').put('tea', { name: 'Green tea' });
    await driver.send(sale('tea', 5_000), sale('milk'));
    await driver.lookup('products').delete('tea');
    await driver.send(sale('tea'));
    expect(told()).toEqual([
      'tea:undefined',
      'tea:Tea',
      'tea:Green tea',
      'milk:undefined',
      'tea:undefined',
    ]);
  });

  test('are left out if a row is required and there is none, as by a filter', async () => {
    const { driver, told } = driverFor(names({ required: true }));
    await driver.lookup('products').put('tea', { name: 'Tea' });
    await driver.send(sale('milk'), sale('tea'), sale(null), sale());
    expect(told()).toEqual(['tea:Tea']);
    expect(driver.deadLetters()).toEqual([]);
  });

  test('have keys that are texts or numbers, or none', async () => {
    const { driver, told } = driverFor(names());
    await driver.lookup('products').put(7, { name: 'Seven' });
    await driver.lookup('products').put('7', { name: 'Text seven' });
    await driver.send(sale(7), sale('7'), sale(null), sale());
    expect(told()).toEqual(['7:Seven', '7:Text seven', 'null:undefined', 'undefined:undefined']);
  });

  test.each([
    ['', 'VALUE'],
    ['a\ud800', 'VALUE'],
    ['ü'.repeat(1_025), 'VALUE'],
    [1e300, 'VALUE'],
  ])('are a bad record if the key is none: %j', async (product, reason) => {
    const { driver, told } = driverFor(names());
    await driver.send(sale(product), sale('x'.repeat(2_048)));
    expect(driver.deadLetters()).toMatchObject([{ number: 0, reason }]);
    expect(told()).toHaveLength(1);
  });

  test('are a bad record if the row is not as its schema says', async () => {
    const priced = rowsOf('products', { schema: z.object({ price: z.coerce.number() }) });
    const plan = sales()
      .lookup(priced, { key })
      .map(({ row }) => (row ? row.price + 1 : 0))
      .to(table('prices'));
    const driver = testDriver<number>(plan, { batchSize: 10 });
    await driver.lookup('products').put('tea', { price: '4' });
    await driver.lookup('products').put('milk', { price: 'much' });
    await driver.send(sale('tea'), sale('milk'), sale('none'));
    expect(driver.events().map(({ value }) => value)).toEqual([5, 0]);
    expect(driver.deadLetters()).toMatchObject([
      { number: 1, reason: 'VALUE', detail: expect.stringContaining('price') },
    ]);
  });

  test('share rows that nobody can change', async () => {
    const plan = sales()
      .lookup(products, { key, required: true })
      .peek(({ row }) => {
        (row as { name: string }).name = 'mine';
      })
      .to(table('names'));
    const { driver } = driverFor(plan);
    await driver.lookup('products').put('tea', { name: 'Tea' });
    await driver.send(sale('tea'));
    expect(driver.deadLetters()).toMatchObject([{ reason: 'FUNCTION' }]);
  });

  test('are told apart by a driver that knows its tables', async () => {
    const { driver } = driverFor(names());
    expect(() => driver.lookup('shops')).toThrow(/shops/);
    expect(() => driver.lookup('shops')).toThrow(
      expect.objectContaining({
        code: 'LOOKUP_UNKNOWN',
        hint: expect.stringContaining('products'),
      }),
    );
  });

  test('go through windows with what was found', async () => {
    const plan = sales()
      .lookup(products, { key, required: true })
      .keyBy(({ row }) => row.maker ?? 'unknown')
      .window(TumblingWindow.of(10, SECONDS))
      .collect(({ row }) => row.name)
      .to(table('by-maker'));
    const driver = testDriver<readonly string[]>(plan);
    await driver.lookup('products').put('tea', { name: 'Tea', maker: 'm' });
    await driver.send(sale('tea', 1));
    await driver.lookup('products').put('tea', { name: 'Green tea', maker: 'm' });
    await driver.send(sale('tea', 2));
    await driver.end();
    expect(driver.results()).toMatchObject([{ key: 'm', value: ['Tea', 'Green tea'] }]);
  });
});

describe('the reads', () => {
  let rows: ReturnType<typeof memoryLookup>;
  let reads: { keys: readonly LookupKey[]; consistent: boolean }[];
  let failures: Error[];
  let counting: LookupTable;
  let now: number;
  beforeEach(() => {
    rows = memoryLookup();
    reads = [];
    failures = [];
    now = 1_000;
    counting = {
      async getAll(keys, { consistent }) {
        reads.push({ keys, consistent });
        const failure = failures.shift();
        if (failure) throw failure;
        return rows.getAll(keys, { consistent });
      },
      until: () => counting,
    };
  });

  function running(plan: Plan) {
    const log = memoryLog(() => now);
    const sink = memorySink();
    const store = memoryStore();
    const kept = warm(plan);
    const name = plan.stages[0]?.outputs[0]?.sink.name ?? '';
    const deadLetters = memoryDeadLetters();
    log.open('lane');
    const start = () =>
      engine(
        plan,
        {
          store,
          clock: () => now,
          sources: { sales: log },
          sinks: { [name]: sink },
          deadLetters,
          lookups: { products: counting, makers: counting },
          observe: () => undefined,
        },
        kept,
      );
    return {
      deadLetters,
      values: () => sink.rows().map(({ value }) => value),
      lane: async () => (await store.get('control', laneKey(plan))) ?? {},
      /** One batch, gathered by an engine of its own, as an invocation has one. */
      batch(...events: readonly unknown[]) {
        const records = events.map((e) => log.append('lane', JSON.stringify(e), now));
        return start().gather('sales', 'lane', records);
      },
      again: () => start().gather('sales', 'lane', log.records('lane')),
    };
  }

  const laneKey = ({ stages }: Plan) => ({ pk: stages[0]?.name ?? '', sk: 'lane#lane' });

  test('are one for a batch, with each key once, whatever the number of events', async () => {
    for (const id of ['tea', 'milk']) rows.put(id, { name: id.toUpperCase() });
    const { batch, values } = running(names());
    const events = Array.from({ length: 300 }, (_, n) => sale(n % 3 === 0 ? 'tea' : 'milk'));
    await batch(...events, sale('none'));
    expect(reads).toEqual([{ keys: ['tea', 'milk', 'none'], consistent: false }]);
    expect(values()).toHaveLength(301);
    expect(new Set(values())).toEqual(new Set(['tea:TEA', 'milk:MILK', 'none:undefined']));
  });

  test('are none where nothing is looked up', async () => {
    const { batch, values } = running(names());
    await batch(sale(null), sale());
    expect([reads, values().length]).toEqual([[], 2]);
  });

  test('come in turn where a row says what to look up next', async () => {
    rows.put('tea', { name: 'Tea', maker: 'm' });
    rows.put('milk', { name: 'Milk', maker: 'n' });
    rows.put('m', { name: 'M & Co' });
    const plan = sales()
      .lookup(products, { key, required: true })
      .lookup(rowsOf<Product>('makers'), { key: ({ row }) => row.maker, consistent: true })
      .map(({ event, row }) => `${event.event.product}:${row?.name}`)
      .to(table('makers-of-sales'));
    const { batch, values } = running(plan);
    await batch(sale('tea'), sale('milk'), sale('none'), sale('tea'));
    expect(reads).toEqual([
      { keys: ['tea', 'milk', 'none'], consistent: false },
      { keys: ['m', 'n'], consistent: true },
    ]);
    expect(values()).toEqual(['tea:M & Co', 'milk:undefined', 'tea:M & Co']);
  });

  test('are shared by branches of what was looked up', async () => {
    rows.put('tea', { name: 'Tea' });
    const looked = sales().lookup(products, { key, required: true });
    const [early = looked, late = looked] = looked.branch(({ event }) => event.at < 5);
    const plan = early
      .map(() => 'early')
      .merge(late.map(() => 'late'))
      .to(table('halves'));
    const { batch, values } = running(plan);
    await batch(sale('tea', 1), sale('tea', 9));
    expect(reads).toHaveLength(1);
    expect(values().sort()).toEqual(['early', 'late']);
  });

  test('are not repeated while a row may be used again, an absent one neither', async () => {
    rows.put('tea', { name: 'Tea' });
    const { batch, values } = running(names({ cacheFor: 10 * SECONDS }));
    await batch(sale('tea'), sale('milk'));
    now += 10 * SECONDS;
    rows.put('tea', { name: 'Green tea' });
    rows.put('milk', { name: 'Milk' });
    await batch(sale('tea'), sale('milk'), sale('rice'));
    expect(reads.map(({ keys }) => keys)).toEqual([['tea', 'milk'], ['rice']]);
    now += 1;
    await batch(sale('tea'), sale('milk'), sale('rice'));
    expect(reads.map(({ keys }) => keys)).toEqual([['tea', 'milk'], ['rice'], ['tea', 'milk']]);
    expect(values().slice(0, 5)).toEqual([
      'tea:Tea',
      'milk:undefined',
      'tea:Tea',
      'milk:undefined',
      'rice:undefined',
    ]);
    expect(values().slice(5)).toEqual(['tea:Green tea', 'milk:Milk', 'rice:undefined']);
  });

  test.each([{}, { consistent: true }])('are for one batch only with %j', async (options) => {
    const { batch } = running(names(options));
    await batch(sale('tea'));
    await batch(sale('tea'));
    const consistent = 'consistent' in options;
    expect(reads).toEqual([
      { keys: ['tea'], consistent },
      { keys: ['tea'], consistent },
    ]);
  });

  test('that fail make the batch come again, and it counts once', async () => {
    rows.put('tea', { name: 'Tea' });
    const { batch, again, values, lane } = running(names());
    failures.push(new UnavailableError('throttled'));
    await expect(batch(sale('tea'), sale('milk'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
    });
    expect(values()).toEqual([]);
    expect(await lane()).toMatchObject({ records: 0 });
    await again();
    await again();
    expect(values()).toEqual(['tea:Tea', 'milk:undefined']);
    expect(await lane()).toMatchObject({ records: 2 });
    // The third time all of it was known to be dealt with: nothing was looked up.
    expect(reads).toHaveLength(2);
  });

  test('stop with the record at which the lane waits, before and after a row is known', async () => {
    rows.put('tea', { name: 'Tea' });
    rows.put('bad', { name: 'Bad' });
    const plan = sales('stop')
      .lookup(products, { key })
      .map(({ row }) => {
        if (row?.name === 'Bad') throw new Error('refused');
        return row?.name;
      })
      .to(table('names'));
    const { batch, values, deadLetters } = running(plan);
    const { stoppedAt } = await batch(sale('tea'), sale('bad'), sale('tea'));
    expect(stoppedAt).toBeDefined();
    expect(values()).toEqual(['Tea']);
    expect(deadLetters.letters()).toEqual([]);
  });

  test('end where a key is another one each time', async () => {
    let n = 0;
    const { batch } = running(names({ key: () => `k${n++}` }));
    await expect(batch(sale('tea'))).rejects.toMatchObject({ code: 'INVARIANT' });
    expect(reads.length).toBeLessThan(3);
  });
});

test('a plan whose tables are not given is refused at the start', () => {
  const ports = {
    store: memoryStore(),
    clock: () => 0,
    sources: { sales: memoryLog(() => 0) },
    sinks: { names: memorySink() },
    deadLetters: memoryDeadLetters(),
    observe: () => undefined,
  };
  expect(() => engine(names(), ports)).toThrow(
    expect.objectContaining({
      code: 'LOOKUP_MISSING',
      message: expect.stringContaining('products'),
    }),
  );
  engine(names(), { ...ports, lookups: { products: memoryLookup() } });
});

describe('what is remembered of a table', () => {
  test('is as much as was said: what was used longest ago is forgotten', () => {
    const cache = new RowCache(2);
    cache.put('a', 1, 10);
    cache.put('b', undefined, 10);
    expect(cache.get('a', 10)).toEqual({ row: 1, at: 10 });
    cache.put('c', 3, 10);
    expect([cache.get('a', 0)?.row, cache.get('b', 0), cache.get('c', 0)?.row]).toEqual([
      1,
      undefined,
      3,
    ]);
    cache.put('c', 4, 11);
    cache.put('a', 5, 12);
    expect([cache.get('a', 12)?.row, cache.get('c', 11)?.row]).toEqual([5, 4]);
  });

  test('is not given when it is too old', () => {
    const cache = new RowCache(2);
    cache.put('a', 1, 10);
    expect([cache.get('a', 11), cache.get('a', 10)]).toEqual([undefined, { row: 1, at: 10 }]);
  });
});
