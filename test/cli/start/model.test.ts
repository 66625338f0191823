import { describe, expect, test } from 'vitest';
import { type Change, type FiredOutput, newModel, reduce } from '../../../src/cli/start/model.ts';
import type { Observation } from '../../../src/observability/observer.ts';
import fc from '../../support/fast-check.ts';

test('batches add up', () => {
  const model = modelAfter(
    gathered({ records: 10, late: 1, deadLetters: 2, filtered: 3 }),
    gathered({ records: 5, late: 1 }),
  );
  expect(model).toMatchObject({ gathered: 15, late: 2, deadLettered: 2, filtered: 3 });
});

test('each lane keeps its highest watermark', () => {
  const model = modelAfter(
    gathered({ lane: 'l0', watermark: 100 }),
    gathered({ lane: 'l1', watermark: 50 }),
    gathered({ lane: 'l0', watermark: 90 }),
    observed({ kind: 'raised', stage: 's', lane: 'l1', position: '1', watermark: 70 }),
  );
  expect([...model.watermarks]).toEqual([
    ['l0', 100],
    ['l1', 70],
  ]);
});

describe('windows', () => {
  test('are open from their first event to their first result', () => {
    const opened = modelAfter(gathered({ slots: [20, 30] }), gathered({ slots: [10, 20] }));
    expect(opened.openWindows).toEqual([10, 20, 30]);
    const closed = reduce(opened, fired(1, output(0, 'a', 1)));
    expect(closed.openWindows).toEqual([20, 30]);
    expect(closed.closedEnds).toEqual([10]);
  });

  test('do not open again by an observation that comes late', () => {
    expect(modelAfter(fired(1, output(0, 'a', 1)), gathered({ slots: [10] })).openWindows).toEqual(
      [],
    );
  });

  test('gather the results of their buckets, each once', () => {
    const model = modelAfter(
      fired(1, output(0, 'a', 1), output(0, 'b', 2)),
      fired(2, output(0, 'c', 3), output(10, 'a', 9)),
      fired(3, output(0, 'b', 2)),
    );
    expect(model.closedWindows.map((window) => [window.windowStart, [...window.values]])).toEqual([
      [10, [['a', 9]]],
      [
        0,
        [
          ['a', 1],
          ['b', 2],
          ['c', 3],
        ],
      ],
    ]);
    expect(model.closedWindows.map((window) => window.changedAt)).toEqual([2, 3]);
  });

  test('are kept for the newest only, and counted for all', () => {
    const outputs = Array.from({ length: 100 }, (_, i) => fired(i, output(i * 10, 'a', 1)));
    const model = modelAfter(...outputs, fired(200, output(0, 'b', 1)));
    expect(model.closedWindows).toHaveLength(20);
    expect(model.closedWindows[0]?.windowStart).toBe(990);
    expect(model.closedEnds).toHaveLength(100);
  });
});

describe('the rate', () => {
  test('is that of the last five seconds', () => {
    const model = modelAfter(put(0, 0), put(1_000, 100), put(2_000, 300));
    expect(model.ratePerSecond).toBe(150);
    expect(reduce(model, put(7_000, 800)).ratePerSecond).toBe(100);
  });

  test('falls to nothing when nothing is put any more', () => {
    const model = modelAfter(put(0, 0), put(1_000, 100), { kind: 'tick', at: 2_000 });
    expect(model.ratePerSecond).toBe(50);
    const later = [3_000, 5_000, 7_500].reduce((m, at) => reduce(m, { kind: 'tick', at }), model);
    expect(later.ratePerSecond).toBe(0);
  });

  test('is kept from few samples', () => {
    const model = modelAfter(...Array.from({ length: 9_999 }, (_, i) => put(i, i)));
    expect(model.samples.length).toBeLessThan(60);
    expect(model.ratePerSecond).toBeCloseTo(1_000, -1);
  });
});

test('a failure is kept in words, notes are replaced, the rest is ignored', () => {
  const model = modelAfter(
    observed({ kind: 'failed', stage: 's', what: 'firing', error: new Error('no table') }),
    { kind: 'noted', notes: ['results are in t'] },
    observed({ kind: 'ended', stage: 's', lane: 'l0' }),
  );
  expect(model).toMatchObject({ failure: 'firing: no table', notes: ['results are in t'] });
});

test('no change touches the model before it', () => {
  const changes = fc.oneof(
    fc.nat(1_000).map((at) => put(at, at)),
    fc.nat(9).map((n) => fired(n, output(n * 10, 'a', n))),
    fc.nat(9).map((n) => gathered({ slots: [n * 10], watermark: n, lane: `l${n % 2}` })),
  );
  fc.assert(
    fc.property(fc.array(changes), changes, (history, change) => {
      const before = modelAfter(...history);
      const copy = structuredClone(before);
      reduce(before, change);
      expect(before).toEqual(copy);
    }),
  );
});

const modelAfter = (...changes: Change[]) => changes.reduce(reduce, newModel('clicks'));

const observed = (observation: Observation): Change => ({ kind: 'observed', observation });

const gathered = (batch: Partial<Extract<Observation, { kind: 'gathered' }>>): Change =>
  observed({
    kind: 'gathered',
    stage: 's',
    lane: 'l0',
    epoch: 1,
    records: 0,
    bytes: 0,
    duplicates: 0,
    filtered: 0,
    late: 0,
    lateKept: 0,
    lateAllowed: 0,
    deadLetters: 0,
    segments: 0,
    arrivalTime: 0,
    watermark: 0,
    slots: [],
    ...batch,
  });

const fired = (at: number, ...outputs: FiredOutput[]): Change => ({ kind: 'fired', at, outputs });

const put = (at: number, records: number): Change => ({ kind: 'put', at, records });

const output = (windowStart: number, key: string, value: number): FiredOutput => ({
  windowStart,
  windowEnd: windowStart + 10,
  key,
  value,
});
