import { describe, expect, test } from 'vitest';
import { HOURS, MINUTES } from '../../src/index.ts';
import { world } from './world.ts';

describe('an idle lane', () => {
  test('is raised to the least of the lanes that are not idle', async () => {
    const { log, append, gather, tick, lane, target } = world();
    for (const name of ['idle', 'slow', 'fast']) log.open(name);
    append('slow', 35_000);
    append('fast', 95_000);
    await gather('slow');
    await gather('fast');
    append('slow', 36_000);
    append('fast', 96_000);
    await tick();
    expect(await lane('idle')).toMatchObject({ watermark: 34_999 });
    expect(await target()).toBe(30_000);
  });

  test('is told apart from one that lies behind, which holds the watermark however long', async () => {
    const { log, append, gather, tick, target, lane } = world({ maxDelay: 1 });
    log.open('behind');
    log.open('fast');
    append('behind', 5_000);
    append('fast', 95_000);
    await gather('fast');
    for (let i = 0; i < 3; i++) await tick();
    expect(await target()).toBeUndefined();
    await gather('behind');
    expect(await lane('behind')).toMatchObject({ late: 0, records: 1 });
  });

  test('is not raised if a batch was committed since it was probed', async () => {
    const { log, append, gather, tick, lane } = world();
    log.open('idle');
    log.open('fast');
    append('fast', 95_000);
    await gather('fast');
    append('fast', 96_000);
    const { probe } = log;
    log.probe = async (name, after) => {
      const result = await probe(name, after);
      if (name === 'idle' && log.records('idle').length === 0) {
        append('idle', 5_000);
        await gather('idle');
      }
      return result;
    };
    await tick();
    expect(await lane('idle')).toMatchObject({ late: 0, records: 1, watermark: 4_999 });
  });

  test('fences an attempt in flight when it is raised', async () => {
    let hold: Promise<void> | undefined;
    let release: () => void = () => undefined;
    const { log, append, gather, tick, lane } = world({
      around: (store) => ({
        ...store,
        putAll: async (...args) => {
          await store.putAll(...args);
          await hold;
        },
      }),
    });
    log.open('idle');
    log.open('fast');
    append('fast', 95_000);
    await gather('fast');
    append('fast', 96_000);
    const record = append('idle', 5_000);
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const inFlight = gather('idle', record);
    const refused = expect(inFlight).rejects.toMatchObject({ code: 'FENCED', retryable: true });
    await expect.poll(async () => (await lane('idle'))?.epoch).toBe(1);
    (log.records('idle') as unknown[]).pop();
    await tick();
    hold = undefined;
    release();
    await refused;
    expect(await lane('idle')).toMatchObject({ watermark: 94_999, records: 0 });
  });
});

describe('when all lanes are idle', () => {
  test('those without records follow those that had some lately, and nobody after a while', async () => {
    const one = world();
    const { log, append, gather, tick, lane, target } = one;
    log.open('silent');
    log.open('lively');
    append('lively', 35_000);
    await gather('lively');
    await tick();
    expect(await lane('silent')).toMatchObject({ watermark: 34_999 });
    expect(await target()).toBe(30_000);
    append('lively', 95_000);
    await gather('lively');
    one.now = 1_000_000 + 2 * MINUTES;
    await tick();
    expect(await lane('silent')).toMatchObject({ watermark: 34_999 });
  });

  test('the last window closes once nothing older than maxDelay can come', async () => {
    const it = world({ maxDelay: 60_000 });
    it.log.open('a');
    it.log.open('b');
    it.now = 1_000_000;
    it.append('a', 995_000);
    await it.gather('a');
    it.now = 1_059_999;
    await it.tick();
    await it.fireAll();
    expect(it.results()).toEqual({});
    it.now = 1_060_000;
    await it.tick();
    await it.fireAll();
    expect(it.results()).toEqual({ '990000 k': 1 });
  });

  test('it stays open if the source promises nothing', async () => {
    const it = world();
    it.log.open('a');
    it.append('a', 995_000);
    await it.gather('a');
    it.now = 1_000_000 + 100 * HOURS;
    await it.tick();
    await it.fireAll();
    expect(it.results()).toEqual({});
  });

  test('the time counts from the start of the first probe, not from its end', async () => {
    const it = world({ maxDelay: 0 });
    it.log.open('a');
    const { probe } = it.log;
    it.log.probe = async (...args) => {
      const result = await probe(...args);
      it.now = 2_000_000;
      return result;
    };
    await it.tick();
    expect(await it.lane('a')).toMatchObject({ watermark: 999_999 });
  });
});

test('a bucket that lags is fired by the next tick', async () => {
  const { log, append, gather, tick, results } = world();
  log.open('a');
  append('a', 5_000, 95_000);
  await gather('a');
  expect(results()).toEqual({});
  await tick();
  expect(results()).toEqual({ '0 k': 1 });
});

test('a shard that closed since the listing is not taken for idle', async () => {
  const { log, append, gather, tick, lane } = world({ maxDelay: 0 });
  log.open('p');
  append('p', 5_000);
  await gather('p');
  const { shards } = log;
  log.shards = async () => {
    log.shards = shards;
    const before = await shards();
    log.open('c', ['p']);
    append('c', 15_000);
    return before;
  };
  await tick();
  expect(await lane('p')).toMatchObject({ watermark: 4_999 });
  await tick();
  await gather('c');
  expect(await lane('c')).toMatchObject({ late: 0, records: 1 });
});

test('a closed shard that is read through is ended, never idle', async () => {
  const { log, append, gather, tick, lane, seen } = world({ maxDelay: 0 });
  log.open('a');
  append('a', 5_000);
  await gather('a');
  log.close('a');
  await tick();
  expect(await lane('a')).toMatchObject({ ended: 1, watermark: 4_999 });
  expect(seen).toContainEqual({ kind: 'ended', stage: 'per-key', lane: 'a' });
});
