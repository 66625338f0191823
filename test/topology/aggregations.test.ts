import { expect, expectTypeOf, describe as suite, test } from 'vitest';
import * as z from 'zod';
import {
  aggregate,
  approximateDistinct,
  average,
  type CustomAggregate,
  collect,
  count,
  first,
  MINUTES,
  type PlanError,
  pipeline,
  type Ranked,
  type Results,
  sum,
  TumblingWindow,
  table,
  topK,
  type WindowedStream,
} from '../../src/index.ts';
import { fingerprint } from '../../src/topology/describe.ts';

const Sale = z.object({
  at: z.number(),
  shop: z.string(),
  product: z.enum(['pen', 'cup']),
  amount: z.number(),
  price: z.string(),
  note: z.string().optional(),
});
type Sale = z.infer<typeof Sale>;

const windowed = (): WindowedStream<Sale> =>
  pipeline('shops')
    .stream('sales', { schema: Sale, timestamp: (sale) => sale.at, outOfOrderness: 0 })
    .keyBy((sale) => sale.shop)
    .window(TumblingWindow.of(5, MINUTES));

const stageOf = (results: Results<unknown>) => {
  const [stage] = results.to(table('results')).stages;
  if (stage === undefined) throw new Error('no stage');
  return stage;
};

const spread: CustomAggregate<Sale, { least: number; most: number } | null, number> = {
  create: () => null,
  add: (_none, { amount }) => ({ least: amount, most: amount }),
  merge: (a, b) =>
    a && b ? { least: Math.min(a.least, b.least), most: Math.max(a.most, b.most) } : (a ?? b),
  finish: (held) => (held ? held.most - held.least : 0),
};

suite('names come from stable words', () => {
  test.each<[string, (sales: WindowedStream<Sale>) => Results<unknown>]>([
    ['sum-decimal', (w) => w.sumDecimal((e) => e.price)],
    ['variance', (w) => w.variance((e) => e.amount)],
    ['variance-sample', (w) => w.variance((e) => e.amount, { kind: 'sample' })],
    ['standard-deviation', (w) => w.standardDeviation((e) => e.amount)],
    ['distinct', (w) => w.distinct((e) => e.product)],
    ['distinct', (w) => w.distinct((e) => e.product, { max: 7 })],
    ['approximate-distinct', (w) => w.approximateDistinct((e) => e.product)],
    ['approximate-distinct-p14', (w) => w.approximateDistinct((e) => e.product, { precision: 14 })],
    ['top-3', (w) => w.topK(3, (e) => e.product)],
    ['top-3-weighted', (w) => w.topK(3, (e) => e.product, { weight: (e) => e.amount })],
    ['quantiles-0.5-0.99', (w) => w.quantiles([0.5, 0.99], (e) => e.amount)],
    ['quantiles-0.5-within-0.1', (w) => w.quantiles([0.5], (e) => e.amount, { accuracy: 0.1 })],
    ['collect', (w) => w.collect()],
    ['collect', (w) => w.collect({ max: 5 })],
    ['collect', (w) => w.collect((e) => e.note ?? null)],
    ['reduce', (w) => w.reduce((a, b) => (a.amount > b.amount ? a : b))],
    ['reduce-commutative', (w) => w.reduce((a) => a, { commutative: true })],
    ['first', (w) => w.aggregate(first((e) => e.product))],
    ['spread', (w) => w.aggregate({ ...spread, name: 'spread' })],
  ])('%s', (name, build) => {
    expect(stageOf(build(windowed())).name).toBe(`sales-tumbling-5m-${name}`);
  });

  test('options of the stage and of the aggregate go together', () => {
    const stage = stageOf(windowed().distinct((e) => e.product, { name: 'products', max: 7 }));
    expect(stage).toMatchObject({ name: 'products', operator: { name: 'tumbling-5m-distinct' } });
    const collected = stageOf(windowed().collect({ name: 'all', buckets: 2 }));
    expect(collected).toMatchObject({ name: 'all', buckets: 2 });
  });

  test('several at once have the name that the stage is given, and a fingerprint of their parts', () => {
    const one = stageOf(windowed().aggregate({ n: count() }, { name: 'stats' }));
    const two = stageOf(windowed().aggregate({ n: count(), m: count() }, { name: 'stats' }));
    expect(two.operator.name).toBe('tumbling-5m-{m=count,n=count}');
    expect(one.name).toBe(two.name);
    expect(fingerprint(one)).not.toBe(fingerprint(two));
  });
});

suite('refused while building', () => {
  test.each<[string, () => unknown, PlanError['code'], RegExp]>([
    [
      'several without a name',
      () => windowed().aggregate({ n: count() }, {} as never),
      'NAME_INVALID',
      /name: 'page-stats'/,
    ],
    ["one's own without a name", () => windowed().aggregate(spread), 'NAME_INVALID', /Give it one/],
    [
      "one's own with a name that is none",
      () => windowed().aggregate({ ...spread, name: 'the spread' }),
      'NAME_INVALID',
      /letters/,
    ],
    ['no aggregate', () => windowed().aggregate(7 as never), 'SETTING_INVALID', /count\(\)/],
    [
      'distinct of no function',
      () => windowed().distinct('product' as never),
      'SETTING_INVALID',
      /function/,
    ],
    [
      'topK of no number',
      () => windowed().topK('x' as never, (e) => e.shop),
      'SETTING_INVALID',
      /whole/,
    ],
    ['no quantiles', () => windowed().quantiles([], (e) => e.amount), 'SETTING_INVALID', /0.99/],
    [
      'a limit of nothing',
      () => windowed().collect({ max: 0 }),
      'SETTING_INVALID',
      /whole number from 1/,
    ],
  ])('%s', (_what, build, code, hint) => {
    expect(build).toThrow(
      expect.objectContaining({ name: 'PlanError', code, hint: expect.stringMatching(hint) }),
    );
  });
});

suite('types', () => {
  test('follow the events and the aggregates', () => {
    const w = windowed();
    expectTypeOf(w.sumDecimal((e) => e.price)).toEqualTypeOf<Results<string>>();
    expectTypeOf(w.topK(1, (e) => e.product)).toEqualTypeOf<
      Results<readonly Ranked<'pen' | 'cup'>[]>
    >();
    expectTypeOf(w.quantiles([0.5, 0.99], (e) => e.amount)).toEqualTypeOf<
      Results<Readonly<Record<'0.5' | '0.99', number>>>
    >();
    expectTypeOf(w.collect()).toEqualTypeOf<Results<readonly Sale[]>>();
    expectTypeOf(w.collect((e) => e.amount)).toEqualTypeOf<Results<readonly number[]>>();
    expectTypeOf(w.reduce((a, b) => (a.amount > b.amount ? a : b))).toEqualTypeOf<Results<Sale>>();
    expectTypeOf(w.aggregate(first((e) => e.product))).toEqualTypeOf<Results<'pen' | 'cup'>>();
    expectTypeOf(w.aggregate(spread, { name: 'spread' })).toEqualTypeOf<Results<number>>();
  });

  test('of an aggregate written in place come from create()', () => {
    const results = windowed().aggregate({
      name: 'longest-note',
      create: () => '',
      add: (held, e) => (e.note && e.note.length > held.length ? e.note : held),
      merge: (held, other) => (other.length > held.length ? other : held),
      finish: (held) => ({ note: held }),
    });
    expectTypeOf(results).toEqualTypeOf<Results<{ note: string }>>();
  });

  test('of several at once are those of each', () => {
    const results = windowed().aggregate(
      {
        n: count(),
        revenue: sum((e) => e.amount),
        mean: average((e) => e.amount),
        shops: approximateDistinct((e) => e.shop),
        top: topK(2, (e) => e.product),
        notes: collect((e) => e.note ?? null),
        inner: aggregate({ again: count() }),
      },
      { name: 'stats' },
    );
    expectTypeOf(results).toEqualTypeOf<
      Results<{
        readonly n: number;
        readonly revenue: number;
        readonly mean: number;
        readonly shops: number;
        readonly top: readonly Ranked<'pen' | 'cup'>[];
        readonly notes: readonly (string | null)[];
        readonly inner: { readonly again: number };
      }>
    >();
  });

  test('of parts that are put together before say which events they take', () => {
    const stats = aggregate({ n: count(), revenue: sum((e: { amount: number }) => e.amount) });
    expectTypeOf(stats.add).parameter(1).toEqualTypeOf<{ amount: number }>();
    expectTypeOf(windowed().aggregate(stats, { name: 'stats' })).toEqualTypeOf<
      Results<{ readonly n: number; readonly revenue: number }>
    >();
  });

  test('refuse aggregates of other events, and of events that would be narrower', () => {
    const clicks = sum((e: { clicks: number }) => e.clicks);
    const noted = first((e: Sale & { note: string }) => e.note);
    // @ts-expect-error sales have no clicks
    windowed().aggregate(clicks);
    // @ts-expect-error not every sale has a note
    windowed().aggregate(noted);
    // @ts-expect-error sales have no clicks
    windowed().aggregate({ clicks }, { name: 'stats' });
    // @ts-expect-error several at once need a name
    expect(() => windowed().aggregate({ n: count() })).toThrow(/no name/);
    // @ts-expect-error an object cannot be told apart
    windowed().distinct((e) => e);
  });
});
