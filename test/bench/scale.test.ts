import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { overFiles } from '../../bench/scale/batch.ts';
import { overHandler } from '../../bench/scale/handler.ts';
import type { Load } from '../../bench/scale/load.ts';
import { allSeries } from '../../bench/scale/series.ts';

const EVENTS = 2_000;

const smallest = allSeries(false).flatMap(({ name, points }) => {
  const small = points.filter(({ size }) => typeof size === 'string' || size <= 100);
  return small.map(({ size, load }) => [name, size, { ...load, events: EVENTS }] as const);
});

test.each(smallest)(
  '%s, %s: every event is counted, in as many rows',
  async (_name, _size, load) => {
    const { folder } = place();
    const [files, handler] = [await overFiles(load, folder), await overHandler(load, folder)];
    expect([files.counted, handler.counted]).toEqual([EVENTS, EVENTS]);
    expect(handler.rows).toBe(files.rows);
  },
);

test('only one thing grows in a series', () => {
  for (const { points } of allSeries(true)) {
    const names = Object.keys(points[0]?.load ?? {}) as (keyof Load)[];
    const changing = names.filter((name) => new Set(points.map(({ load }) => load[name])).size > 1);
    // A million keys take a million events.
    expect(changing.filter((name) => name !== 'events').length).toBeLessThanOrEqual(1);
  }
});

function place() {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-scale-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { folder };
}
