import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { laterBy, sampleItems } from '../../../src/cli/localstack/sample.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tidemark-sample-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const NOW = Date.parse('2026-03-01T12:00:00Z');
const options = { input: undefined, action: 'click', seed: 7, records: 500, now: NOW };

describe('a sample of generated traffic', () => {
  test('has as many records as were asked for, all before the present', async () => {
    const items = await sampleItems(options);
    expect(items).toHaveLength(500);
    expect(items[0]?.arrivalTime).toBeGreaterThan(NOW - 13 * HOUR);
    expect(items.at(-1)?.arrivalTime).toBeLessThan(NOW - 11 * HOUR);
    const spanMs = (items.at(-1)?.arrivalTime ?? 0) - (items[0]?.arrivalTime ?? 0);
    expect(spanMs).toBeGreaterThan(5 * MINUTE);
    expect(await sampleItems(options)).toEqual(items);
  });
});

describe('a sample of a file', () => {
  test('is told as the reference pipeline reads clicks', async () => {
    const lines = [
      event(0, { action: 'view', page: '/a' }),
      event(1, { action: 'asset', page: '/a.gif' }),
      'no event',
      event(2, { action: 'view', page: '/b' }),
    ];
    const input = path.join(folder, 'views.jsonl.gz');
    writeFileSync(input, gzipSync(lines.join('\n')));
    const items = await sampleItems({ ...options, input, action: 'view', records: 3 });
    expect(items.map(({ line }) => line)).toEqual([
      event(0, { action: 'click', url: '/a' }),
      event(1, { action: 'asset', url: '/a.gif' }),
      'no event',
    ]);
  });

  test('keeps addresses that are called so already', async () => {
    const input = path.join(folder, 'clicks.jsonl');
    const line = event(0, { action: 'click', url: '/a' });
    writeFileSync(input, `${line}\n`);
    expect(await sampleItems({ ...options, input })).toMatchObject([{ line }]);
  });
});

describe('the same records later', () => {
  test.each([
    ['an event', event(0, { url: '/a' }), event(60, { url: '/a' })],
    ['a time that is none', '{"timestamp":"soon"}', '{"timestamp":"soon"}'],
    ['no time', '{"url":"/a"}', '{"url":"/a"}'],
    ['no JSON', '{"url":', '{"url":'],
    ['no object', '17', '17'],
  ])('%s', (_, line, later) => {
    const items = [{ line, partitionKey: 'u', arrivalTime: 5 }];
    expect(laterBy(items, 60_000)).toEqual([
      { line: later, partitionKey: 'u', arrivalTime: 60_005 },
    ]);
    expect(laterBy(items, 0)).toEqual(items);
  });
});

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function event(second: number, fields: object): string {
  return JSON.stringify({ timestamp: new Date(NOW + second * 1_000).toISOString(), ...fields });
}
