import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { HOURS, MINUTES, pipeline, SECONDS, TumblingWindow, table } from '../../src/index.ts';
import { describeFailure, simulate } from '../../src/testing/index.ts';
import { PIPELINES } from './pipelines.ts';

/** Each pipeline so many times in `npm test`; `npm run simulate` goes on for as long as one likes. */
const SEEDS = Number(process.env.SEEDS ?? 300);

describe('whatever goes wrong, what comes of it is what comes of it when nothing does', () => {
  test.each(PIPELINES)(
    '$name',
    async ({ plan, name: _, ...tried }) => {
      const { passed, failure, outputs } = await simulate(plan, { ...tried, seeds: SEEDS });
      expect(failure && describeFailure(failure)).toBeUndefined();
      expect(passed).toBe(SEEDS);
      expect(outputs).toBeGreaterThan(SEEDS);
    },
    5 * MINUTES,
  );
});

const clicks = (promised: { readonly maxDelay?: number } = {}) =>
  pipeline('clicks').stream('clicks', {
    schema: z.object({ at: z.number(), key: z.string() }),
    timestamp: (event) => event.at,
    outOfOrderness: 5 * SECONDS,
    ...promised,
  });

test('a run comes again from its seed, to the letter', async () => {
  const { plan, events } = PIPELINES[0] as (typeof PIPELINES)[number];
  const traceOf = async (): Promise<string[]> => {
    const lines: string[] = [];
    await simulate(plan, { events, seeds: [7], trace: (line) => lines.push(line) });
    return lines;
  };
  const [first, second] = [await traceOf(), await traceOf()];
  expect(first.length).toBeGreaterThan(20);
  expect(second).toEqual(first);
});

test('a pipeline that keeps something outside of its state is found out, in few records', async () => {
  let seen = 0;
  // With a `maxDelay` the window of a single record closes too, whatever goes wrong besides.
  const plan = clicks({ maxDelay: HOURS })
    .map((event) => ({ ...event, n: ++seen }))
    .keyBy((event) => event.key)
    .window(TumblingWindow.of(10, SECONDS))
    .sum((event) => event.n)
    .to(table('sums'));
  const events = { clicks: ({ now }: { now: number }) => ({ at: now, key: 'k' }) };
  const { failure } = await simulate(plan, { events, seeds: 5 });
  expect(failure && describeFailure(failure)).toMatch(/^seed \d+ fails with/);
  expect(failure?.run.records).toBeLessThan(6);
  expect(failure?.faults).toEqual([]);
  expect(failure && describeFailure(failure)).toContain('may ask a clock or chance');
});

test('a trace shows what came, what became of it, and why not', async () => {
  const lines: string[] = [];
  const events = { clicks: ({ now }: { now: number }) => ({ at: now, key: 'k' }) };
  const trace = (line: string) => lines.push(line);
  await simulate(counted(), { events, seeds: 30, faults: ['crash'], trace });
  const all = lines.join('\n');
  expect(all).toMatch(/^\d+ put clicks-0 {"at":\d+,"key":"k"}$/m);
  expect(all).toMatch(/^\d+ gather clicks-0: gathered .+ epoch=1 records=1 .+ watermark=-?\d+ /m);
  expect(all).toMatch(/^\d+ gather clicks-0: undone .+ error: the process died$/m);
  expect(all).toMatch(/^\d+ told counts {.+"key":"k".+"value":\d+/m);
  expect(all).toMatch(/^\d+ fire .+: fired .+ through=-?\d+ slots=-?\d+ outputs=1 /m);
});

test('what producers send again is counted once, and is there', async () => {
  const events = { clicks: ({ now }: { now: number }) => ({ at: now, key: 'k' }) };
  let copies = 0;
  const { failure, injected } = await simulate(counted(), {
    events,
    seeds: 60,
    faults: ['producerRepeats', 'split', 'merge'],
    trace: (line) => {
      copies += Number(/ duplicates=(\d+)/.exec(line)?.[1] ?? 0);
    },
  });
  expect(failure && describeFailure(failure)).toBeUndefined();
  expect(injected.get('producerRepeats')).toBeGreaterThan(20);
  expect(copies).toBeGreaterThan(20);
});

const counted = () =>
  clicks()
    .keyBy((event) => event.key)
    .window(TumblingWindow.of(10, SECONDS))
    .count()
    .to(table('counts'));

test.each([
  { name: 'no event fits the schema', events: () => 1, says: /set aside: \d+ SCHEMA/ },
  { name: 'no window closes', events: () => ({ at: 0, key: 'k' }), says: /nothing came out/ },
])('nothing is shown where $name', async ({ events, says }) => {
  const simulated = simulate(counted(), { events: { clicks: events }, seeds: 3 });
  await expect(simulated).rejects.toMatchObject({
    code: 'NOTHING_TRIED',
    message: expect.stringMatching(says),
  });
});

test.each([
  { seeds: 0 },
  { seeds: [] },
  { seeds: [1.5] },
  { seeds: 1, faults: ['earthquake' as never] },
  { seed: 1 } as never,
])('%o is refused', async (options) => {
  const events = { clicks: () => 1 };
  const simulated = simulate(counted(), { events, ...options });
  await expect(simulated).rejects.toMatchObject({ code: 'SETTING_INVALID' });
});

test('what is no event is told', async () => {
  const simulated = simulate(counted(), { events: { clicks: () => undefined } });
  await expect(simulated).rejects.toMatchObject({
    code: 'SETTING_INVALID',
    message: expect.stringContaining('the events of clicks gave undefined'),
  });
});

test.each([{ events: {} }, {} as never])('a stream without events is told: %o', async (options) => {
  const simulated = simulate(counted(), options);
  await expect(simulated).rejects.toMatchObject({ code: 'STREAM_UNKNOWN' });
});

test('what is no plan is told', async () => {
  for (const none of [undefined, 'counts', () => undefined]) {
    const simulated = simulate(none as never, { events: {} });
    await expect(simulated).rejects.toMatchObject({ code: 'PLAN_INVALID' });
  }
});
