import { describe, expect, test } from 'vitest';
import type { Plan, WindowKind } from '../../../src/index.ts';
import { type BatchOptions, runBatch } from '../../../src/runtime/batch/index.ts';
import { compareUtf8 } from '../../../src/schema/utf8-order.ts';
import { sinksOf } from '../../../src/topology/plan.ts';
import { counted } from '../../engine/plain-windows.ts';
import fc from '../../support/fast-check.ts';
import { REVISABLE_WINDOWS } from '../../support/windows.ts';
import { counts, type Event, events, greatestSums, mergedSums, sums } from './plans.ts';
import { type Streams, streamed } from './streamed.ts';
import { linesOf, resultsOf, workplace } from './workplace.ts';

const OUT_OF_ORDER = 5_000;
const place = workplace();
const RUNS = { numRuns: Number(process.env.RUNS ?? 25) };
const lanesOf = (disorder: number, maxLanes = 3) =>
  fc.array(events(disorder), { minLength: 1, maxLength: maxLanes });

describe.each(REVISABLE_WINDOWS.map((window) => [window.name, window] as const))(
  '%s',
  (_, window) => {
    test('whatever the order, every event counts', () =>
      fc.assert(
        fc.asyncProperty(lanesOf(60_000), async (lanes) => {
          const { output } = await ran(counts({ window }), lanes);
          expect(resultsOf(output, 'counts.jsonl')).toEqual(plainly(window, lanes.flat()));
        }),
        RUNS,
      ));

    test('a stream of the same lines, where none is late, leaves the same bytes', () =>
      fc.assert(
        fc.asyncProperty(
          lanesOf(OUT_OF_ORDER),
          fc.integer({ min: 1, max: 9 }),
          async (lanes, cut) => {
            const plan = sums({ window });
            const live = await streamed(plan, { events: lanes }, cut);
            expect(Object.values(live.tallies)).toMatchObject([{ late: 0 }]);
            const { output } = await ran(plan, lanes);
            expect(linesOf(output, 'sums.jsonl')).toEqual(live.lines('sums'));
          },
        ),
        RUNS,
      ));

    test('in order of arrival, each lane has its late events as live', () =>
      fc.assert(
        fc.asyncProperty(lanesOf(6 * OUT_OF_ORDER, 2), async (lanes) => {
          const plan = sums({ window });
          const live = await streamed(plan, { events: lanes });
          const { output, summary } = await ran(plan, lanes, { arrival: true });
          expect(linesOf(output, 'sums.jsonl')).toEqual(live.lines('sums'));
          expect(summary.stages).toEqual(live.tallies);
        }),
        RUNS,
      ));

    test('what goes to disk on the way leaves the same bytes as what does not', () =>
      fc.assert(
        fc.asyncProperty(
          lanesOf(60_000),
          fc.integer({ min: 1, max: 40_000 }),
          async (lanes, limit) => {
            const plan = sums({ window });
            const roomy = await ran(plan, lanes);
            const tight = await ran(plan, lanes, { memoryLimit: limit, checkpointEvery: 1 });
            expect(linesOf(tight.output, 'sums.jsonl')).toEqual(
              linesOf(roomy.output, 'sums.jsonl'),
            );
          },
        ),
        { numRuns: 10 },
      ));
  },
);

describe.each([
  ['a chain of two stages', greatestSums, ['events']],
  ['two streams, three stages and a table', mergedSums, ['events', 'others']],
] as const)('%s', (_, planOf, names) => {
  const streams = (disorder: number) =>
    fc.record(Object.fromEntries(names.map((name) => [name, lanesOf(disorder, 2)])));
  const windows = fc.constantFrom(...REVISABLE_WINDOWS);
  const linesIn = (plan: Plan, output: string) =>
    sinksOf(plan).map(({ sink: { name } }) => [name, linesOf(output, `${name}.jsonl`)]);
  const linesOfLive = (plan: Plan, live: Awaited<ReturnType<typeof streamed>>) =>
    sinksOf(plan).map(({ sink: { name } }) => [name, live.lines(name)]);

  test('a stream of the same lines, where none is late, leaves the same bytes', () =>
    fc.assert(
      fc.asyncProperty(streams(OUT_OF_ORDER), windows, fc.nat(9), async (lanes, window, cut) => {
        const plan = planOf({ window });
        const live = await streamed(plan, lanes, cut + 1);
        const { output } = await ran(plan, lanes);
        expect(linesIn(plan, output)).toEqual(linesOfLive(plan, live));
      }),
      RUNS,
    ));

  test('in order of arrival, each lane has its late events as live', () =>
    fc.assert(
      fc.asyncProperty(streams(6 * OUT_OF_ORDER), windows, async (lanes, window) => {
        const plan = planOf({ window });
        const live = await streamed(plan, lanes);
        const { output, summary } = await ran(plan, lanes, { arrival: true });
        expect(linesIn(plan, output)).toEqual(linesOfLive(plan, live));
        expect(live.tallies).toMatchObject(summary.stages);
      }),
      RUNS,
    ));

  test('what goes to disk on the way leaves the same bytes as what does not', () =>
    fc.assert(
      fc.asyncProperty(streams(60_000), windows, fc.nat(40_000), async (lanes, window, limit) => {
        const plan = planOf({ window });
        const roomy = await ran(plan, lanes);
        const tight = await ran(plan, lanes, { memoryLimit: limit + 1, checkpointEvery: 1 });
        expect(linesIn(plan, tight.output)).toEqual(linesIn(plan, roomy.output));
      }),
      { numRuns: 10 },
    ));
});

async function ran(
  plan: Plan,
  lanes: readonly (readonly Event[])[] | Streams,
  options: Partial<BatchOptions> = {},
) {
  const output = place.output();
  const streams = 'length' in lanes ? { events: lanes as Streams[string] } : lanes;
  const inputs = Object.fromEntries(
    Object.entries(streams).map(([name, all]) => [name, all.map((lane) => place.lane(lane))]),
  );
  return { output, ...(await runBatch(plan, { inputs, output, ...options })) };
}

/** The textbook's answer: every event, window by window. */
function plainly(window: WindowKind, all: readonly Event[]) {
  const ordered = [...all].sort((a, b) => a.at - b.at);
  const taken = ordered.map(({ at, key }) => ({ at, key, watermark: -8.64e15 }));
  const rows = [...counted({ window, latenessMs: 0 }, taken)].map(([id, value]) => {
    const [, start, key] = /^(-?\d+) (.*)$/s.exec(id) ?? [];
    return { key: String(key), windowStart: Number(start), value };
  });
  rows.sort((a, b) => a.windowStart - b.windowStart || compareUtf8(a.key, b.key));
  return rows.map((row) => expect.objectContaining(row));
}
