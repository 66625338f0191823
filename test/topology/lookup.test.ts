import { describe, expect, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import {
  describeJson,
  describe as describePlan,
  type LookedUp,
  type PlanErrorCode,
  pipeline,
  type RowsOf,
  rowsOf,
  SECONDS,
  type Stream,
  TumblingWindow,
  table,
} from '../../src/index.ts';

const Sale = z.object({ at: z.number(), product: z.string(), shop: z.number().optional() });
type Sale = z.infer<typeof Sale>;
interface Product {
  readonly name: string;
}

const sales = () =>
  pipeline('shop').stream('sales', { schema: Sale, timestamp: (e) => e.at, outOfOrderness: 0 });

test('a plan tells what it looks up, and how', () => {
  const plan = sales()
    .lookup(rowsOf('products'), { key: (e) => e.product, required: true })
    .lookup(rowsOf('shops'), { key: ({ event }) => event.shop, cacheFor: 30 * SECONDS })
    .lookup(rowsOf('prices'), { key: () => 1, consistent: true, required: true })
    .keyBy(() => 'all')
    .window(TumblingWindow.of(1, SECONDS))
    .count()
    .to(table('counts'));
  expect(describePlan(plan)).toContain(
    'from       sales > lookup products (required) > lookup shops (cached for 30s) > lookup prices (required, consistent) > keyBy\n',
  );
  expect(describeJson(plan).stages[0]?.inputs[0]?.steps).toEqual([
    'lookup products (required)',
    'lookup shops (cached for 30s)',
    'lookup prices (required, consistent)',
    'keyBy',
  ]);
});

test('the type of a row is what the rows say', () => {
  const key = (e: Sale) => e.product;
  type Row<S> = S extends Stream<LookedUp<Sale, infer R>> ? R : never;
  const said = sales().lookup(rowsOf<Product>('products'), { key });
  expectTypeOf<Row<typeof said>>().toEqualTypeOf<Product | undefined>();
  const required = sales().lookup(rowsOf<Product>('products'), { key, required: true });
  expectTypeOf<Row<typeof required>>().toEqualTypeOf<Product>();
  const plain = sales().lookup(rowsOf('products'), { key: (e) => e.product, required: true });
  expectTypeOf<Row<typeof plain>>().toEqualTypeOf<Readonly<Record<string, unknown>>>();
  const checked = rowsOf('products', { schema: z.object({ price: z.coerce.number() }) });
  expectTypeOf(checked).toEqualTypeOf<RowsOf<{ price: number }>>();
});

describe('is refused', () => {
  const products = rowsOf<Product>('products');
  const key = (e: { product: string }) => e.product;
  const counted = sales()
    .keyBy((e) => e.product)
    .window(TumblingWindow.of(1, SECONDS))
    .count();
  const rows = sales()
    .keyBy((e) => e.product)
    .toTable();
  test.each<[string, () => unknown, PlanErrorCode]>([
    [
      'after a stage',
      () => counted.lookup(products, { key: (window) => window.key }),
      'STAGE_INVALID',
    ],
    [
      'for the changes of a table',
      () => rows.changes().lookup(products, { key: (change) => change.key }),
      'STAGE_INVALID',
    ],
    [
      'where some of it comes from a stage',
      () =>
        sales()
          .merge(rows.changes())
          .lookup(products, { key: () => 'a' }),
      'STAGE_INVALID',
    ],
    // @ts-expect-error a table of the plan is not one of others
    ['in a table of the plan', () => sales().lookup(rows, { key }), 'STAGE_INVALID'],
    // @ts-expect-error a name is no rows
    ['in a name', () => sales().lookup('products', { key }), 'STAGE_INVALID'],
    // @ts-expect-error by which key?
    ['without a key', () => sales().lookup(products, {}), 'SETTING_INVALID'],
    // @ts-expect-error with nothing
    ['without options', () => sales().lookup(products), 'SETTING_INVALID'],
    // @ts-expect-error a key is a function of the event
    ['with a key that is none', () => sales().lookup(products, { key: 5 }), 'SETTING_INVALID'],
    [
      'consistent and remembered',
      () => sales().lookup(products, { key, consistent: true, cacheFor: 1 }),
      'SETTING_INVALID',
    ],
    [
      'remembered for less than nothing',
      () => sales().lookup(products, { key, cacheFor: -1 }),
      'DURATION_INVALID',
    ],
    ['of a table without a name', () => rowsOf(''), 'NAME_INVALID'],
    // @ts-expect-error it is no schema
    ['with a schema that is none', () => rowsOf('products', { schema: {} }), 'SCHEMA_INVALID'],
  ])('%s', (_, build, code) => {
    expect(build).toThrow(expect.objectContaining({ code }));
  });
});
