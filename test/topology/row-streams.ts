import * as z from 'zod';
import { pipeline, SECONDS, type Table } from '../../src/index.ts';
import type { TestDriver } from '../../src/testing/index.ts';

const Said = z.object({
  at: z.number(),
  key: z.string(),
  to: z.string().nullable(),
  n: z.number(),
  gone: z.boolean(),
});
export type Said = z.infer<typeof Said>;
export type Row = Pick<Said, 'to' | 'n'>;

export const OUT_OF_ORDER = SECONDS;

/** A stream of changes in the pipeline `rows`. */
export const said = (name = 'left') =>
  pipeline('rows')
    .stream(name, { schema: Said, timestamp: ({ at }) => at, outOfOrderness: OUT_OF_ORDER })
    .keyBy(({ key }) => key);

export const rows = (name = 'left'): Table<Row> =>
  said(name).toTable({ row: ({ gone, to, n }) => (gone ? undefined : { to, n }) });

/** `a@1 x 5`: at 1 s the row a points to x and has 5; `a@1 - 5` points nowhere, `a@1` is deleted. */
export async function say(driver: TestDriver, stream: string, ...texts: readonly string[]) {
  for (const text of texts) {
    const [place = '', to, n] = text.split(' ');
    const [key = '', seconds] = place.split('@');
    const row = { to: to === '-' ? null : (to ?? null), n: Number(n ?? 0), gone: to === undefined };
    await driver.stream(stream).send({ at: Number(seconds) * SECONDS, key, ...row });
  }
}

/** What was told of the rows since the last call, each as `key: old > new` without what is in no row. */
export const changesOf = (driver: TestDriver, sink?: string): string[] =>
  driver
    .takeOutputs(sink)
    .sort((a, b) => (a.key === b.key ? 0 : a.key < b.key ? -1 : 1))
    .map(({ key, old, value }) => `${key}: ${text(old)} > ${text(value)}`);

const text = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

export const asObject = (driver: TestDriver, sink?: string): Record<string, unknown> =>
  Object.fromEntries(driver.rows(sink));
