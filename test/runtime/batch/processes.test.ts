import { expect, test } from 'vitest';
import * as z from 'zod';
import { combine, type Plan, pipeline, SECONDS, table } from '../../../src/index.ts';
import { runBatch } from '../../../src/runtime/batch/index.ts';
import { testDriver } from '../../../src/testing/index.ts';
import { resultsOf, workplace } from './workplace.ts';

const place = workplace();

const LINES = [
  { at: 1_000, id: 'a', n: 1 },
  { at: 5_000, id: 'a', n: 2 },
  { at: 4_000, id: 'b', n: 3 },
  { at: 90_000, id: 'a', n: 4 },
  { at: 2_000, id: 'a', n: 5 },
];

/** Counts events until 10 s after the last one; sums them; keeps the first of each id. */
function machines(factor = 1): Plan {
  const events = pipeline('machines').stream('events', {
    schema: z.object({ at: z.number(), id: z.string(), n: z.number() }),
    timestamp: ({ at }) => at,
    outOfOrderness: 100 * SECONDS,
  });
  const rests = events
    .keyBy(({ id }) => id)
    .process<number, { count: number; timer: number }>({
      name: 'rests',
      initial: { count: 0, timer: 0 },
      onEvent({ state, time, setTimer, deleteTimer }) {
        const { count, timer } = state.get();
        deleteTimer(timer);
        setTimer(time + 10 * SECONDS);
        state.set({ count: count + 1, timer: time + 10 * SECONDS });
      },
      onTimer({ state, emit }) {
        emit(state.get().count);
        state.clear();
      },
    });
  const sums = events
    .keyBy(({ id }) => id)
    .evolve<number>({
      name: 'sums',
      initial: 0,
      apply: factor === 1 ? (sum, { n }) => sum + n : (sum, { n }) => sum + factor * n,
    });
  return combine(
    rests.to(table('rests')),
    sums.to(table('sums')),
    sums.audit().to(table('audit')),
    events.dedupe({ by: ({ id }) => id, within: 60 * SECONDS }).to(table('firsts')),
  );
}

test('a batch of state machines tells what their stream tells', async () => {
  const driver = testDriver(machines());
  await driver.send(...LINES);
  await driver.end();
  const output = place.output();
  await runBatch(machines(), { inputs: { events: [place.lane(LINES)] }, output });
  const inBatch = (sink: string) => resultsOf(output, `${sink}.jsonl`);
  expect(inBatch('rests')).toEqual(driver.events('rests'));
  expect(inBatch('rests')).toEqual([
    { key: 'b', time: 14_000, value: 1 },
    { key: 'a', time: 15_000, value: 3 },
    { key: 'a', time: 100_000, value: 1 },
  ]);
  expect(inBatch('firsts')).toEqual(driver.events('firsts'));
  expect(inBatch('firsts')).toHaveLength(3);
  // What is not there is left out of a line.
  expect(inBatch('audit')).toEqual(JSON.parse(JSON.stringify(driver.events('audit'))));
  expect(inBatch('sums')).toEqual([...driver.rows('sums')].map(([key, value]) => ({ key, value })));
  expect(inBatch('sums')).toEqual([
    { key: 'a', value: 12 },
    { key: 'b', value: 3 },
  ]);
});

test('a changed function is another job', async () => {
  const run = { inputs: { events: [place.lane(LINES)] }, output: place.output() };
  await runBatch(machines(), run);
  expect((await runBatch(machines(), run)).went).toBe('finished');
  await expect(runBatch(machines(2), run)).rejects.toMatchObject({ code: 'PLAN_CHANGED' });
});
