import { expect, test } from 'vitest';
import { endToEnd } from '../../bench/latency/end-to-end.ts';
import { Marks } from '../../bench/latency/marks.ts';
import { roundTrips } from '../../bench/latency/round-trips.ts';
import { waysOf } from '../../bench/latency/ways-of-rows.ts';
import { percentilesOf } from '../../bench/percentiles.ts';
import { startEmbedded } from '../../src/runtime/local/embedded.ts';

test('a row is on the way from the put of the last event that its window waited for', () => {
  const marks = new Marks();
  const batch = { shard: 'a', through: 1_060, begunAt: 1_100, steps: [] };
  marks.batches.push(
    { ...batch, closed: { through: 1_000, at: 1_107 } },
    { ...batch, shard: 'b', begunAt: 1_101, closed: { through: 2_000, at: 2_100 } },
  );
  const row = { key: 'k', windowEnd: 1_000, value: 1, at: 1_160 };
  const firing = { begunAt: 1_140, steps: [] };
  const puts = [
    { shard: 'a', at: 1_049 },
    { shard: 'b', at: 1_050 },
    { shard: 'a', at: 1_060 },
    { shard: 'b', at: 1_070 },
  ];
  const early = { ...row, firing: { ...firing, begunAt: 1_105 } };
  expect(waysOf(puts, marks, [{ ...row, firing }, early])).toEqual([
    { delivered: 40, gathered: 7, told: 33, fired: 20, total: 100 },
    { delivered: 40, gathered: 5, told: 0, fired: 55, total: 100 },
  ]);
});

test('the parts of the way of a row are measured over servers on this machine', async () => {
  const embedded = await startEmbedded();
  try {
    const call = { rate: 100, seconds: 3, warmUpMs: 0, shards: 2, pollMs: 10 };
    const { rows, windows, stages, steps } = await endToEnd({ ...call, ...embedded });
    expect(windows).toBeGreaterThanOrEqual(2);
    expect(rows).toBeGreaterThan(windows);
    expect(Object.keys(steps)).toEqual(
      expect.arrayContaining(['claim', 'fold', 'write', 'commit', 'advance', 'fire', 'emit']),
    );
    const { total, ...parts } = stages;
    for (const { p50, max } of Object.values(parts)) {
      expect(p50).toBeGreaterThanOrEqual(0);
      expect(max).toBeLessThanOrEqual(total.max);
    }
  } finally {
    await embedded.stop();
  }
});

test('a row waits for ten calls of the store and the sink, one after the other', async () => {
  expect(await roundTrips()).toEqual({ gather: 6, fire: 4 });
});

test('a percentile is the least value that so many do not exceed', () => {
  const values = Array.from({ length: 200 }, (_, n) => 200 - n);
  expect(percentilesOf(values)).toEqual({ count: 200, p50: 100, p99: 198, max: 200 });
});
