import { expect, test } from 'vitest';
import { judge } from './conformance.ts';
import { temporal } from './stream-table.ts';
import type { Input, Vector } from './vector.ts';

test('an event behind the watermark is compared with a batch only', async () => {
  const late = vector(
    { i: 0, type: 'record', stream: 'table', key: 'a', value: 'T', ts: 1 },
    { i: 1, type: 'watermark', ts: 5 },
    { i: 2, type: 'record', stream: 'stream', key: 'a', value: 'S', ts: 5 },
  );
  expect(await judge(late)).toMatchObject({ kind: 'passed' });
  const checks = await temporal(late);
  const failed = checks.filter(({ difference }) => difference !== undefined);
  expect(failed.map(({ name }) => name)).toEqual(['updates', 'late']);
});

test('a result that comes too soon is found', async () => {
  const early = vector(
    { i: 0, type: 'record', stream: 'table', key: 'a', value: 'T', ts: 1 },
    { i: 1, type: 'record', stream: 'stream', key: 'a', value: 'S', ts: 5 },
    { i: 2, type: 'watermark', ts: 4 },
    { i: 3, type: 'watermark', ts: 5 },
  );
  expect(await judge(early)).toMatchObject({
    kind: 'failed',
    told: 'updates: missing 2: a ["S","T"]; unexpected 3: a ["S","T"]',
  });
});

function vector(...inputs: Input[]): Vector {
  const result = { key: 'a', window: null, value: { left: 'S', right: 'T' } };
  return {
    name: 'test',
    engine: 'flink',
    operator: 'join.temporal',
    tags: [],
    params: { joinType: 'inner' },
    facts: { batchIdeal: true },
    inputs,
    expected: { updates: [{ after: 2, ...result }], finals: [result], late: [] },
  };
}
