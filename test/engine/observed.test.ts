import { describe, expect, test } from 'vitest';
import type { Store } from '../../src/index.ts';
import type { Observation, TickedObservation } from '../../src/observability/observer.ts';
import type { memoryStore } from '../../src/store/memory.ts';
import { STAGE, world } from './world.ts';

const NOW = 1_000_000;
const MINUTE = 60_000;

type Kind = Observation['kind'];

const all = <K extends Kind>(seen: readonly Observation[], kind: K) =>
  seen.filter((one) => one.kind === kind) as Extract<Observation, { kind: K }>[];

const last = <K extends Kind>(seen: readonly Observation[], kind: K) => all(seen, kind).at(-1);

const lanesOf = (seen: readonly Observation[]): TickedObservation['lanes'] =>
  last(seen, 'ticked')?.lanes;

describe('how long a lane holds its stage back', () => {
  test('is the time for which it has not moved although it has records to read', async () => {
    const it = world();
    it.log.open('slow');
    it.log.open('fast');
    it.append('slow', 5_000);
    it.append('fast', 5_000);
    await it.gather('slow');
    await it.gather('fast');
    it.append('slow', 6_000);
    it.now = NOW + 20 * MINUTE;
    it.append('fast', 95_000);
    await it.gather('fast');
    await it.tick();
    expect(lanesOf(it.seen)).toMatchObject({ count: 2, behind: 1, heldBackMs: 20 * MINUTE });
    await it.gather('slow');
    it.append('slow', 7_000);
    it.now = NOW + 21 * MINUTE;
    await it.tick();
    expect(lanesOf(it.seen)).toMatchObject({ behind: 1, heldBackMs: MINUTE });
  });

  test('goes on if records come that do not move it', async () => {
    const it = world();
    it.log.open('old');
    it.append('old', 50_000);
    await it.gather('old');
    for (let minute = 1; minute <= 16; minute++) {
      it.now = NOW + minute * MINUTE;
      it.append('old', 40_000);
      await it.gather('old');
    }
    it.append('old', 40_000);
    await it.tick();
    expect(lanesOf(it.seen)?.heldBackMs).toBe(16 * MINUTE);
  });

  test('begins anew when it was raised because it was idle', async () => {
    const it = world();
    it.log.open('idle');
    it.log.open('fast');
    it.append('fast', 95_000);
    await it.gather('fast');
    it.append('fast', 96_000);
    it.now = NOW + 30 * MINUTE;
    await it.tick();
    await it.gather('fast');
    it.append('idle', 5_000);
    it.now = NOW + 31 * MINUTE;
    await it.tick();
    expect(lanesOf(it.seen)).toMatchObject({ behind: 1, heldBackMs: MINUTE });
  });

  test('begins when the lane is created, if it has never been read', async () => {
    const it = world();
    it.log.open('a');
    it.append('a', 5_000);
    await it.tick();
    it.now = NOW + 30 * MINUTE;
    await it.tick();
    expect(lanesOf(it.seen)?.heldBackMs).toBe(30 * MINUTE);
  });

  test.each`
    what                                 | maxDelay
    ${'that promises nothing'}           | ${undefined}
    ${'that promises to be late by 1 s'} | ${1_000}
  `('is nothing on a quiet stream $what, for ever', async ({ maxDelay }) => {
    const it = world(maxDelay === undefined ? {} : { maxDelay });
    it.log.open('a');
    it.log.open('b');
    it.append('a', 5_000);
    it.append('b', 500_000);
    await it.gather('a');
    await it.gather('b');
    for (let minute = 1; minute <= 60; minute++) {
      it.now = NOW + minute * MINUTE;
      await it.tick();
      await it.fireAll();
    }
    const ticks = all(it.seen, 'ticked');
    expect(ticks).toHaveLength(60);
    expect(new Set(ticks.map(({ lanes }) => lanes?.heldBackMs))).toEqual(new Set([0]));
  });

  test('is not asked of what was stored before it was written down', async () => {
    const it = world();
    it.log.open('a');
    it.append('a', 5_000);
    await it.tick();
    const { movedAt, ...before } = (await it.lane('a')) as { movedAt: unknown } & Item;
    await it.store.putAll('control', [before]);
    it.now = NOW + 30 * MINUTE;
    await it.tick();
    expect(lanesOf(it.seen)).toMatchObject({ behind: 1, heldBackMs: 0 });
  });
});

test('open windows are the slots from the last closed one to the newest event', async () => {
  const it = world();
  it.log.open('slow');
  it.log.open('fast');
  it.append('slow', 15_000);
  it.append('fast', 15_000);
  await it.tick();
  expect(lanesOf(it.seen)?.openSlots).toBeUndefined();
  await it.gather('slow');
  await it.gather('fast');
  it.append('slow', 16_000);
  it.append('fast', 59_999);
  await it.gather('fast', it.log.records('fast'));
  await it.tick();
  // 0 to 10 s is closed; 10, 20, 30, 40 and 50 are not.
  expect(lanesOf(it.seen)?.openSlots).toBe(5);
});

describe('how long a closed slot has waited', () => {
  test('is told by the tick while it waits, also if its bucket is raised again and again', async () => {
    const it = world({ buckets: 1 });
    it.log.open('a');
    const lags: number[] = [];
    for (let minute = 0; minute <= 4; minute++) {
      it.now = NOW + minute * MINUTE;
      it.append('a', 11_000 + minute * 10_000);
      await it.gather('a');
      await it.store.putAll('state', [BROKEN]);
      await it.tick();
      lags.push(last(it.seen, 'ticked')?.firingLagMs ?? -1);
    }
    expect(lags).toEqual([0, 1, 2, 3, 4].map((minute) => minute * MINUTE));
    expect(all(it.seen, 'failed').map(({ bucket }) => bucket)).toEqual([0, 0, 0, 0, 0]);
  });

  test('is told of a firing as the time since the slot was closed', async () => {
    const it = world({ buckets: 1 });
    it.log.open('a');
    it.append('a', 1_000, 2_000, 11_000, 25_000);
    await it.gather('a');
    it.now = NOW + 700;
    await it.fireAll();
    expect(last(it.seen, 'fired')).toEqual({
      kind: 'fired',
      stage: STAGE,
      bucket: 0,
      through: 20_000,
      slots: [10_000, 20_000],
      outputs: 2,
      deadLetters: 0,
      at: NOW + 700,
      closedAt: NOW,
    });
  });

  test('is nothing when nothing waits', async () => {
    const it = world();
    it.log.open('a');
    it.append('a', 25_000);
    await it.gather('a');
    await it.fireAll();
    it.now = NOW + MINUTE;
    await it.tick();
    expect(last(it.seen, 'ticked')).toMatchObject({ lagging: 0, firingLagMs: 0 });
  });
});

describe('attempts that never committed', () => {
  test('are told of once each, by the one that commits after them', async () => {
    let left = 0;
    const it = world({ around: (store) => failing(store, () => left-- > 0) });
    it.log.open('a');
    await it.tick();
    const records = it.append('a', 1_000);
    for (let time = 0; time < 3; time++) {
      left = 1;
      await expect(it.gather('a', records)).rejects.toThrow('away');
    }
    expect(all(it.seen, 'aborted')).toEqual([]);
    expect(all(it.seen, 'undone')).toHaveLength(3);
    await it.gather('a', records);
    await it.gather('a', it.append('a', 2_000));
    expect(all(it.seen, 'aborted')).toEqual([
      { kind: 'aborted', stage: STAGE, lane: 'a', epoch: 4, attempts: 3 },
    ]);
  });
});

test('a write that is refused is told of by the sort key of its item', async () => {
  const it = world();
  it.log.open('a');
  it.append('a', 25_000);
  await it.gather('a');
  const before = all(it.seen, 'refused').length;
  // Another process, which does not know yet that the buckets are told.
  await it.start().tick(() => false);
  const refused = all(it.seen, 'refused').slice(before);
  expect(refused.map(({ item }) => item)).toEqual(['fire', 'fire']);
});

test('bytes and the newest arrival are those of the records that were taken', async () => {
  const it = world();
  it.log.open('a');
  const first = it.append('a', 1_000);
  await it.gather('a', first);
  it.now = NOW + 5_000;
  const second = it.append('a', 2_000, 30_000);
  await it.gather('a');
  expect(last(it.seen, 'gathered')).toMatchObject({
    records: 2,
    bytes: second.reduce((sum, { data }) => sum + data.length, 0),
    arrivalTime: NOW + 5_000,
  });
});

/** What cannot be read as a segment. */
const BROKEN = {
  pk: `${STAGE}#0`,
  sk: 'p0000000000010000#a#1#9',
  data: new Uint8Array([9]),
};

type Item = Parameters<ReturnType<typeof memoryStore>['putAll']>[1][number];

/** Fails commits of lanes while `fails` says so. */
const failing = (store: Store, fails: () => boolean): Store => ({
  ...store,
  update: async (table, key, change, condition) => {
    const isCommit = change.set?.committedEpoch !== undefined && condition?.exists !== false;
    if (isCommit && fails()) throw new Error('the store is away');
    return store.update(table, key, change, condition);
  },
});
