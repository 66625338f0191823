import { expect, test } from 'vitest';
import { world } from './world.ts';

test('a lane that somebody knows to be at its end is raised, and its windows close', async () => {
  const { log, append, gather, running, lane, fireAll, results, seen } = world();
  log.open('a');
  append('a', 5_000);
  await gather('a');
  await running.raise('events', 'a', 9_999);
  await fireAll();
  expect(results()).toEqual({ '0 k': 1 });
  expect(await lane('a')).toMatchObject({ watermark: 9_999, records: 1 });
  expect(seen).toContainEqual(expect.objectContaining({ kind: 'raised', lane: 'a' }));
});

test('raising never lowers, and comes again without harm', async () => {
  const { log, append, gather, running, lane } = world();
  log.open('a');
  append('a', 25_000);
  await gather('a');
  await running.raise('events', 'a', 9_999);
  expect(await lane('a')).toMatchObject({ watermark: 24_999, epoch: 1 });
  await running.raise('events', 'a', 39_999);
  await running.raise('events', 'a', 39_999);
  expect(await lane('a')).toMatchObject({ watermark: 39_999, epoch: 2, committedEpoch: 2 });
});

test('a lane that nobody has read yet is registered first; one of two does not close anything', async () => {
  const { log, running, lane, target } = world();
  log.open('a');
  log.open('b');
  await running.raise('events', 'a', 39_999);
  expect(await lane('a')).toMatchObject({ watermark: 39_999 });
  expect(await target()).toBeUndefined();
  await running.raise('events', 'b', 29_999);
  expect(await target()).toBe(30_000);
  await expect(running.raise('events', 'nobody', 1)).rejects.toMatchObject({
    code: 'LANE_NOT_READY',
  });
});

test('it is refused if the lane moved meanwhile', async () => {
  let meanwhile: (() => Promise<unknown>) | undefined;
  const { log, append, gather, running, lane } = world({
    around: (store) => ({
      ...store,
      async update(...args) {
        const first = meanwhile;
        meanwhile = undefined;
        await first?.();
        return store.update(...args);
      },
    }),
  });
  log.open('a');
  append('a', 5_000);
  await gather('a');
  append('a', 6_000);
  meanwhile = () => gather('a');
  await expect(running.raise('events', 'a', 39_999)).rejects.toMatchObject({
    code: 'FENCED',
    retryable: true,
  });
  expect(await lane('a')).toMatchObject({ watermark: 5_999, records: 2 });
});

test('a lane that is ended stays as it is', async () => {
  const { log, append, gather, tick, running, lane } = world();
  log.open('a');
  append('a', 5_000);
  await gather('a');
  log.close('a');
  await tick();
  await running.raise('events', 'a', 39_999);
  expect(await lane('a')).toMatchObject({ ended: 1, watermark: 4_999 });
});
