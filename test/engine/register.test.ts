import { describe, expect, test } from 'vitest';
import { MIN_TIME } from '../../src/time/watermark.ts';
import { world } from './world.ts';

describe('first contact', () => {
  test('registers all lanes before anything closes', async () => {
    const { log, append, gather, lanes, target, tick } = world();
    log.open('a');
    log.open('b');
    append('a', 1, 95_000);
    await gather('a');
    expect(await lanes()).toEqual(['a', 'b']);
    expect(await target()).toBeUndefined();
    append('b', 49_999);
    await gather('b');
    expect(await target()).toBe(40_000);
    await tick();
    expect(await target()).toBe(40_000);
  });

  test('of two processes at once leaves one set', async () => {
    const { log, append, start, lanes } = world();
    log.open('a');
    log.open('b');
    const [a] = append('a', 1);
    const [b] = append('b', 1);
    await Promise.all([
      start().gather('events', 'a', [a as never]),
      start().gather('events', 'b', [b as never]),
    ]);
    expect(await lanes()).toEqual(['a', 'b']);
  });

  test('whose lanes were not created before the stream was made anew ends them all the same', async () => {
    let breaks = true;
    const { log, append, gather, tick, lanes, lane, target } = world({
      around: (store) => ({
        ...store,
        update: async (table, key, change, condition) => {
          const creates = key.sk === 'lane#old' && condition?.exists === false;
          if (breaks && creates) throw new Error('the process died');
          return store.update(table, key, change, condition);
        },
      }),
    });
    log.open('old');
    append('old', 1_000);
    await expect(gather('old')).rejects.toThrow('died');
    breaks = false;
    expect(await lanes()).toEqual(['old']);
    log.remove('old');
    log.open('new');
    append('new', 25_000);
    await gather('new');
    await tick();
    expect((await lane('old'))?.ended).toBe(1);
    expect(await lanes()).toEqual(['new']);
    expect(await target()).toBe(20_000);
  });

  test('of a lane that nobody listed waits until it is', async () => {
    const { log, append, gather } = world();
    log.open('a');
    append('a', 1);
    const records = log.records('a');
    await expect(gather('unknown', records)).rejects.toMatchObject({ code: 'LANE_NOT_READY' });
  });
});

describe('a split', () => {
  test('holds the watermark by its parent until the parent has ended', async () => {
    const { log, append, gather, lanes, lane, target } = world();
    log.open('parent');
    append('parent', 25_000);
    await gather('parent');
    append('parent', 31_000);
    log.open('left', ['parent']);
    log.open('right', ['parent']);
    append('left', 99_000);
    await expect(gather('left')).rejects.toMatchObject({ code: 'LANE_NOT_READY' });
    expect(await target()).toBe(20_000);
    await gather('parent');
    await gather('left');
    expect(await lanes()).toEqual(['left', 'right']);
    expect(await lane('right')).toMatchObject({ watermark: 30_999 });
    expect(await lane('parent')).toMatchObject({ ended: 1 });
    expect(await target()).toBe(30_000);
  });

  test('gives a child the watermark, so that what was late stays late', async () => {
    const { log, append, gather, tick, lane } = world();
    log.open('parent');
    append('parent', 25_000);
    await gather('parent');
    log.open('child', ['parent']);
    append('child', 5_000, 15_000, 21_000);
    await tick();
    await gather('child');
    expect(await lane('child')).toMatchObject({ late: 2, records: 3 });
  });
});

describe('a merge', () => {
  test('starts its child when both parents have ended, at the lower of their watermarks', async () => {
    const { log, append, gather, tick, lanes, lane } = world();
    log.open('a');
    log.open('b');
    append('a', 25_000);
    append('b', 75_000);
    await gather('a');
    log.open('child', ['a', 'b']);
    await tick();
    expect(await lane('child')).toBeUndefined();
    expect(await lanes()).toEqual(['a', 'b']);
    await gather('b');
    await tick();
    expect(await lanes()).toEqual(['child']);
    expect(await lane('child')).toMatchObject({ watermark: 24_999 });
  });
});

describe('a stream made anew', () => {
  test('goes on where the stage was: what is closed stays closed, nothing is lost silently', async () => {
    const { log, append, gather, tick, fireAll, lanes, lane, target, results } = world();
    log.open('old');
    append('old', 5_000, 95_000);
    await gather('old');
    expect(await target()).toBe(90_000);
    await fireAll();
    log.remove('old');
    log.open('new');
    append('new', 7_000, 96_000, 112_000);
    await gather('new');
    await tick();
    await tick();
    expect(await lanes()).toEqual(['new']);
    expect(await lane('new')).toMatchObject({ late: 1, records: 3 });
    expect(await lane('old')).toMatchObject({ ended: 1 });
    await fireAll();
    expect(results()).toEqual({ '0 k': 1, '90000 k': 2 });
  });

  test('whose lane is listed but not written yet holds the watermark', async () => {
    const { log, append, gather, target, store } = world();
    log.open('old');
    append('old', 5_000);
    await gather('old');
    const set = { lanes: ['old', 'new'], version: 2 };
    await store.update('control', { pk: 'per-key', sk: 'lanes' }, { set });
    append('old', 95_000);
    await gather('old');
    expect(await target()).toBe(0);
  });
});

describe('whoever registers by shards of a stream that was deleted meanwhile', () => {
  test('lets no lane in again that has left', async () => {
    const { log, append, gather, start, tick, lanes, lane, target } = world();
    log.open('old');
    append('old', 5_000);
    await gather('old');
    log.open('child', ['old']);
    const { shards } = log;
    const before = await shards();
    log.shards = async () => {
      log.shards = shards;
      log.remove('old');
      log.remove('child');
      log.open('new');
      append('new', 95_000);
      await tick();
      await gather('new');
      await tick();
      expect(await lanes()).toEqual(['new']);
      return before;
    };
    await start().tick(() => false);
    expect(await lanes()).toEqual(['new']);
    expect(await lane('child')).toBeUndefined();
    expect(await target()).toBe(90_000);
  });

  test('lets a lane in where the stage is by now, if it was too late for first contact', async () => {
    const { log, append, gather, start, lane, target } = world();
    log.open('old');
    const { shards } = log;
    const before = await shards();
    const [late] = append('old', 5_000);
    log.shards = async () => {
      log.shards = shards;
      log.remove('old');
      log.open('new');
      append('new', 95_000);
      await gather('new');
      expect(await target()).toBe(90_000);
      return before;
    };
    await start().gather('events', 'old', [late as never]);
    expect(await lane('old')).toMatchObject({ records: 1, late: 1 });
  });

  test('and created a child that nobody let in contributes nothing by it', async () => {
    const { log, append, gather, start, store, lane } = world();
    log.open('old');
    append('old', 5_000);
    await gather('old');
    log.open('child', ['old']);
    append('child', 6_000);
    const left = { lanes: ['new'], first: ['old'], floor: 95_000, version: 2 };
    await store.update('control', { pk: 'per-key', sk: 'lanes' }, { set: left });
    await store.update('control', { pk: 'per-key', sk: 'lane#old' }, { set: { ended: 1 } });
    const orphan = { position: '', watermark: 4_999, epoch: 0, committedEpoch: 0, ended: 0 };
    await store.update('control', { pk: 'per-key', sk: 'lane#child' }, { set: orphan });
    const gathers = start().gather('events', 'child', log.records('child'));
    await expect(gathers).rejects.toMatchObject({ code: 'LANE_NOT_READY' });
    expect(await lane('child')).toMatchObject({ committedEpoch: 0 });
  });
});

describe('a child of one parent that left without it and of one that holds the stage', () => {
  const begun = async () => {
    const one = world();
    const { log, append, gather, store } = one;
    log.open('left');
    log.open('holds');
    append('left', 5_000);
    append('holds', 95_000);
    await gather('left');
    await gather('holds');
    log.open('child', ['left', 'holds']);
    const ended = { set: { ended: 1 } };
    await store.update('control', { pk: 'per-key', sk: 'lane#left' }, ended);
    const set = { lanes: ['holds'], first: ['left', 'holds'], floor: 4_999, version: 3 };
    await store.update('control', { pk: 'per-key', sk: 'lanes' }, { set });
    return one;
  };

  test('begins where the stage is', async () => {
    const { tick, lanes, lane } = await begun();
    await tick();
    expect(await lanes()).toEqual(['child']);
    expect(await lane('child')).toMatchObject({ watermark: 94_999 });
  });

  test('does so too if an earlier try had created it', async () => {
    const { tick, store, lanes, lane } = await begun();
    const early = { position: '', watermark: 4_999, epoch: 1, committedEpoch: 0, ended: 0 };
    await store.update('control', { pk: 'per-key', sk: 'lane#child' }, { set: early });
    await tick();
    expect(await lanes()).toEqual(['child']);
    expect(await lane('child')).toMatchObject({ watermark: 94_999, epoch: 2 });
  });
});

describe('a child that came in by itself, as its parent was listed no more', () => {
  const tally = { records: 0, filtered: 0, late: 0, deadLetters: 0 };
  const item = { position: '', watermark: 4_999, epoch: 0, committedEpoch: 0, ended: 0, ...tally };

  test('is not raised by whoever still has the parent listed', async () => {
    const { log, append, gather, tick, store, lanes, lane } = world();
    log.open('parent');
    append('parent', 95_000);
    await gather('parent');
    log.open('child', ['parent']);
    append('child', 6_000);
    const set = { lanes: ['parent', 'child'], first: ['parent'], version: 2 };
    await store.update('control', { pk: 'per-key', sk: 'lanes' }, { set });
    await store.update('control', { pk: 'per-key', sk: 'lane#child' }, { set: item });
    await tick();
    expect(await lanes()).toEqual(['child']);
    await gather('child');
    expect(await lane('child')).toMatchObject({ records: 1, late: 0 });
  });

  test('and has ended keeps its parent from nothing', async () => {
    const { log, append, gather, tick, store, lanes } = world();
    log.open('parent');
    append('parent', 95_000);
    await gather('parent');
    log.open('child', ['parent']);
    log.open('grandchild', ['child']);
    const set = { lanes: ['parent', 'grandchild'], first: ['parent'], version: 3 };
    await store.update('control', { pk: 'per-key', sk: 'lanes' }, { set });
    const ended = { ...item, ended: 1 };
    await store.update('control', { pk: 'per-key', sk: 'lane#child' }, { set: ended });
    await store.update('control', { pk: 'per-key', sk: 'lane#grandchild' }, { set: item });
    await tick();
    expect(await lanes()).toEqual(['grandchild']);
  });
});

test('a lane that comes when all others have left begins where those had brought the stage', async () => {
  let slow = (): Promise<void> => Promise.resolve();
  const { log, append, gather, start, tick, lane, target } = world({
    buckets: 1,
    around: (store) => ({
      ...store,
      update: async (table, key, change, condition) => {
        if (change.set?.target === 90_000) await slow();
        return store.update(table, key, change, condition);
      },
    }),
  });
  log.open('old');
  append('old', 5_000);
  await gather('old');
  append('old', 95_000);
  // The advance that the last record of the stream has earned, under way while the stream is made anew.
  slow = async () => {
    slow = () => Promise.resolve();
    log.remove('old');
    await tick();
    log.open('new');
    append('new', 7_000, 96_000);
    await start().gather('events', 'new', log.records('new'));
    expect(await target()).toBe(0);
  };
  await gather('old');
  expect(await target()).toBe(90_000);
  expect(await lane('new')).toMatchObject({ records: 2, late: 1 });
});

test('a listing that is older than the set takes no lane out of it', async () => {
  const { log, append, gather, start, lanes } = world();
  log.open('p');
  append('p', 5_000);
  await gather('p');
  const { shards } = log;
  const old = await shards();
  log.open('c', ['p']);
  log.shards = async () => {
    log.shards = shards;
    await start().tick(() => false);
    log.open('g', ['c']);
    return old;
  };
  await start().tick(() => false);
  await start().tick(() => false);
  expect(await lanes()).toEqual(['g']);
});

test('a lane that joined but was never created goes again when its shard is gone', async () => {
  const { log, append, gather, tick, store, lanes, target } = world();
  log.open('a');
  append('a', 5_000);
  await gather('a');
  const set = { lanes: ['a', 'ghost'], version: 2 };
  await store.update('control', { pk: 'per-key', sk: 'lanes' }, { set });
  await tick();
  expect(await lanes()).toEqual(['a']);
  append('a', 95_000);
  await gather('a');
  expect(await target()).toBe(90_000);
});

test('a lane that joined but was never created is created when its shard is there', async () => {
  const { log, append, gather, tick, store, lane, target } = world();
  log.open('a');
  append('a', 5_000, 95_000);
  await gather('a');
  log.open('b');
  const set = { lanes: ['a', 'b'], version: 2 };
  await store.update('control', { pk: 'per-key', sk: 'lanes' }, { set });
  await tick();
  expect(await lane('b')).toMatchObject({ watermark: 94_999 });
  append('a', 105_000);
  append('b', 106_000);
  await gather('a');
  await gather('b');
  expect(await target()).toBe(100_000);
});

test('a child whose parent left the log before it was let in joins by itself', async () => {
  const { log, append, gather, tick, lanes, lane, store } = world();
  log.open('p');
  append('p', 35_000);
  await gather('p');
  log.open('c', ['p']);
  // Whoever ended p had created c, and died before the swap.
  const p = await lane('p');
  const set = { ...p, position: '0', epoch: 0, committedEpoch: 0, records: 0 };
  await store.putAll('control', [{ ...set, pk: 'per-key', sk: 'lane#c' }]);
  log.open('g', ['c']);
  log.remove('c');
  append('g', 5_000, 36_000);
  await tick();
  await tick();
  await gather('g');
  expect(await lanes()).toEqual(['g']);
  expect(await lane('g')).toMatchObject({ records: 2, late: 1 });
});

test('swaps of two reshards at once both come through', async () => {
  const { log, append, gather, start, lanes } = world();
  for (const lane of ['a', 'b']) log.open(lane);
  append('a', 1);
  append('b', 1);
  await gather('a');
  await gather('b');
  log.open('a1', ['a']);
  log.open('a2', ['a']);
  log.open('b1', ['b']);
  log.open('b2', ['b']);
  await Promise.all(Array.from({ length: 4 }, () => start().tick(() => false)));
  expect([...((await lanes()) as string[])].sort()).toEqual(['a1', 'a2', 'b1', 'b2']);
});

test('a lane that never saw a record starts at the beginning of time', async () => {
  const { log, tick, lane } = world();
  log.open('a');
  await tick();
  expect(await lane('a')).toMatchObject({ watermark: MIN_TIME, epoch: 0 });
});
