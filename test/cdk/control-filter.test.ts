import { expect, test } from 'vitest';
import { CONTROL_FILTER } from '../../src/cdk/control-trigger.ts';
import { parseBucketKey } from '../../src/engine/keys.ts';
import type { Item } from '../../src/index.ts';
import { world } from '../engine/world.ts';

test('the filter of the control stream lets buckets through that may fire, and nothing else', async () => {
  const { append, gather, log, store } = world();
  log.open('a');
  log.open('b');
  append('a', 1_000, 25_000);
  append('b', 2_000, 15_000);
  await gather('a');
  await gather('b');
  const items = [...store.items('control')];
  const passed = items.filter((item) => passes(CONTROL_FILTER, recordOf(item)));
  // Both buckets, and neither lanes, nor their set, nor what the plan was.
  expect(items.length).toBeGreaterThan(4);
  expect(passed.map(parseBucketKey)).toEqual([
    { stage: 'per-key', bucket: 0 },
    { stage: 'per-key', bucket: 1 },
  ]);
  expect(items.filter((item) => parseBucketKey(item) !== undefined)).toEqual(passed);
});

test('what expires is no reason to fire', () => {
  const removed = { eventName: 'REMOVE', dynamodb: { Keys: { pk: { S: 'per-key#bucket#0' } } } };
  expect(passes(CONTROL_FILTER, removed)).toBe(false);
});

/** A change as the table's stream tells it. */
const recordOf = (item: Item) => ({
  eventName: 'MODIFY',
  dynamodb: {
    NewImage: Object.fromEntries(
      Object.entries(item).map(([name, value]) => [
        name,
        typeof value === 'number' ? { N: String(value) } : { S: String(value) },
      ]),
    ),
  },
});

type Pattern = { readonly [name: string]: Pattern | readonly { readonly exists: boolean }[] };

/** As much of Lambda's filter rules as the pattern uses: `exists` looks at leaves. */
function passes(pattern: Pattern, value: unknown): boolean {
  return Object.entries(pattern).every(([name, rule]) => {
    const part = (value as Record<string, unknown> | undefined)?.[name];
    if (!Array.isArray(rule)) return passes(rule as Pattern, part);
    const isLeaf = part !== undefined && typeof part !== 'object';
    return rule.some(({ exists }) => exists === isLeaf);
  });
}
