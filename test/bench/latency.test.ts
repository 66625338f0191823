import { expect, test } from 'vitest';
import { endToEnd } from '../../bench/latency/end-to-end.ts';
import { roundTrips } from '../../bench/latency/round-trips.ts';
import { percentilesOf } from '../../bench/percentiles.ts';
import { startEmbedded } from '../../src/runtime/local/embedded.ts';

test('the parts of the way of a row are measured, and add up to the whole', async () => {
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
