import { expect, test } from 'vitest';
import * as z from 'zod';
import { eventDecoder } from '../../src/schema/event-decoder.ts';
import type { Schema } from '../../src/schema/standard-schema.ts';

const page = z.object({ page: z.string() });

test.each([
  ['not text', new Uint8Array([0xff, 0xfe]), 'NOT_JSON'],
  ['not JSON', '{"page":', 'NOT_JSON'],
  ['nothing', '', 'NOT_JSON'],
  ['another shape', '{"url":"/"}', 'SCHEMA'],
  ['no object', 'null', 'SCHEMA'],
])('%s is refused with the reason', (_what, data, reason) => {
  expect(eventDecoder(page)(bytes(data))).toMatchObject({ ok: false, reason });
});

test('what passes is what the schema made of it', () => {
  const upper = z.object({ page: z.string().transform((text) => text.toUpperCase()) });
  expect(eventDecoder(upper)(bytes('{"page":"/a","more":1}'))).toEqual({
    ok: true,
    event: { page: '/A' },
  });
});

test('the detail names the field, and how many more are wrong', () => {
  const many = z.object({ a: z.string(), b: z.string(), c: z.string(), d: z.string() });
  expect(eventDecoder(many)(bytes('{}'))).toMatchObject({
    detail: expect.stringMatching(/^a: .*; b: .*; c: .*; and 1 more$/),
  });
});

test.each<[string, Schema]>([
  ['throws in a transform', z.string().transform((text) => new URL(text).host)],
  [
    'throws by itself',
    standard(() => {
      throw new TypeError('no');
    }),
  ],
  ['answers later', standard(async (value) => ({ value }))],
  ['fails later', standard(() => Promise.reject(new Error('late')))],
])('a schema that %s makes the record a bad one, and nothing else', (_what, schema) => {
  expect(eventDecoder(schema)(bytes('"no url"'))).toMatchObject({ ok: false, reason: 'SCHEMA' });
});

const bytes = (data: string | Uint8Array): Uint8Array =>
  typeof data === 'string' ? Buffer.from(data) : data;

function standard(validate: Schema['~standard']['validate']): Schema {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}
