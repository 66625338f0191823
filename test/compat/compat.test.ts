import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseBucketKey } from '../../src/engine/keys.ts';
import { PLANS } from './plans.ts';
import { playedFrom } from './played.ts';
import { readRecorded } from './recorded.ts';

const FORMATS = readdirSync(new URL('.', import.meta.url)).filter((name) =>
  /^format-\d+$/.test(name),
);

describe.each(FORMATS)('what was left in the tables in %s', (format) => {
  const folder = new URL(`${format}/`, import.meta.url);
  const names = readdirSync(folder).map((file) => file.replace(/\.jsonl$/, ''));

  test.each(names)('%s goes on from there', async (name) => {
    const { stored, told } = readRecorded(new URL(`${name}.jsonl`, folder));
    const plan = PLANS[name]?.();
    if (plan === undefined) throw new Error(`no plan is called ${name}: they never change`);
    const found = await playedFrom(plan, stored);
    expect(JSON.parse(JSON.stringify(found))).toEqual(told);
  });

  test.each(names)('%s has what is fired, and what is not', (name) => {
    const { stored } = readRecorded(new URL(`${name}.jsonl`, folder));
    const fired = stored.flatMap(({ item }) => (parseBucketKey(item) ? [item.firedThrough] : []));
    expect(fired.length).toBeGreaterThan(0);
    expect(fired.some((through) => through !== undefined)).toBe(true);
    const segments = stored.filter(({ table }) => table === 'state');
    expect(
      segments.some(({ item }) => Object.values(item).some((v) => v instanceof Uint8Array)),
    ).toBe(true);
  });
});

test('every plan is recorded in the newest format', () => {
  const newest = new URL(`${FORMATS.sort().at(-1)}/`, import.meta.url);
  const recorded = readdirSync(newest).map((file) => file.replace(/\.jsonl$/, ''));
  expect(recorded.sort()).toEqual(Object.keys(PLANS).sort());
});
