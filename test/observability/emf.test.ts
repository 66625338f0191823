import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { describe, expect, test, vi } from 'vitest';
import { FencedError } from '../../src/errors.ts';
import { emfLines } from '../../src/observability/emf.ts';
import { Figures } from '../../src/observability/figures.ts';
import { jsonLogger, logLevel } from '../../src/observability/logger.ts';
import { logObserver } from '../../src/observability/logs.ts';
import { METRIC_NAMESPACE } from '../../src/observability/metric-names.ts';
import type { FiredObservation, GatheredObservation } from '../../src/observability/observer.ts';
import { powertoolsMetrics } from '../../src/observability/powertools.ts';
import { type EmfDocument, readEmf } from '../support/emf.ts';

const gathered = (change: Partial<GatheredObservation> = {}): GatheredObservation => ({
  kind: 'gathered',
  stage: 's',
  lane: 'shard-0',
  epoch: 7,
  records: 100,
  bytes: 5_000,
  duplicates: 0,
  filtered: 10,
  late: 3,
  lateKept: 1,
  lateAllowed: 2,
  deadLetters: 4,
  segments: 5,
  arrivalTime: 60_000,
  watermark: 50_000,
  slots: [70_000, 80_000],
  ...change,
});

const fired = (change: Partial<FiredObservation> = {}): FiredObservation => ({
  kind: 'fired',
  stage: 's',
  bucket: 2,
  through: 30_000,
  slots: [10_000, 20_000],
  outputs: 9,
  deadLetters: 0,
  at: 31_000,
  closedAt: 30_500,
  ...change,
});

function lines(figures: Figures, at = 123): EmfDocument[] {
  const written: string[] = [];
  emfLines((line) => written.push(line))(figures.take(), at);
  return written.map(readEmf);
}

describe('the figures of an invocation', () => {
  test('are a line a stage: counts added up, values side by side', () => {
    const figures = new Figures('shop');
    figures.observe(gathered());
    figures.observe(gathered({ lane: 'shard-1', records: 50, arrivalTime: 51_000 }));
    figures.observe(fired());
    figures.observe(gathered({ stage: 'other' }));
    const [first, second, ...more] = lines(figures);
    expect(more).toEqual([]);
    expect(first).toEqual({
      at: 123,
      namespace: 'Tidemark',
      dimensions: { pipeline: 'shop', stage: 's' },
      units: expect.objectContaining({ BytesGathered: 'Bytes', FiringLatency: 'Milliseconds' }),
      metadata: { lanes: ['shard-0', 'shard-1'], buckets: [2] },
      metrics: {
        RecordsGathered: 150,
        RecordsFiltered: 20,
        RecordsLate: 6,
        LateDropped: 4,
        LateSideOutput: 2,
        LateAllowed: 4,
        DeadLetters: 8,
        BytesGathered: 10_000,
        Batches: 2,
        SegmentsWritten: 10,
        WatermarkLag: [10_000, 1_000],
        WindowsFired: 9,
        SlotsFired: 2,
        EndToEndLatency: [21_000, 11_000],
        FiringLatency: [500],
        FiringLag: [500],
      },
    });
    expect(second?.dimensions).toEqual({ pipeline: 'shop', stage: 'other' });
    expect(lines(figures)).toEqual([]);
  });

  test('name the first twenty lanes, however many there are', () => {
    const figures = new Figures('shop');
    for (let n = 0; n < 500; n++) figures.observe(gathered({ lane: `shard-${n}` }));
    const [line] = lines(figures);
    expect(line?.metadata.lanes).toHaveLength(20);
    expect(line?.metrics.Batches).toBe(500);
  });

  test('hold no more than a line may, and the greatest value', () => {
    const figures = new Figures('shop');
    for (let slot = 0; slot < 100_000; slot += 10) figures.observe(fired({ slots: [slot] }));
    const values = lines(figures)[0]?.metrics.EndToEndLatency as number[];
    expect(values.length).toBeLessThanOrEqual(100);
    expect(Math.max(...values)).toBe(31_000);
  });

  test('tell no lag of a watermark that lies before all events', () => {
    const figures = new Figures('shop');
    figures.observe(gathered({ watermark: -8_640_000_000_000_000 }));
    expect(lines(figures)[0]?.metrics).not.toHaveProperty('WatermarkLag');
  });

  test('tell of a tick what the stage has: lanes, buckets, both', () => {
    const figures = new Figures('shop');
    const lanes = { count: 2, behind: 1, heldBackMs: 5, openSlots: 3 };
    const tick = { kind: 'ticked', lagging: 0, firingLagMs: 4, lanes } as const;
    figures.observe({ ...tick, stage: 'both' });
    figures.observe({ ...tick, stage: 'buckets', lanes: undefined });
    figures.observe({ ...tick, stage: 'lanes', firingLagMs: undefined });
    figures.observe({ ...tick, stage: 'new', lanes: { ...lanes, openSlots: undefined } });
    expect(lines(figures).map(({ metrics }) => metrics)).toEqual([
      { FiringLag: [4], LaneHeldBack: [5], OpenWindows: 3 },
      { FiringLag: [4] },
      { LaneHeldBack: [5], OpenWindows: 3 },
      { FiringLag: [4], LaneHeldBack: [5] },
    ]);
  });

  test('count firings that failed, and nothing else that did', () => {
    const figures = new Figures('shop');
    const error = new Error('x');
    figures.observe({ kind: 'failed', stage: 's', bucket: 1, what: 'firing bucket 1', error });
    figures.observe({ kind: 'undone', stage: 's', lane: 'a', error });
    figures.observe({ kind: 'undone', stage: 'quiet', lane: 'a', error });
    expect(lines(figures).map(({ metrics }) => metrics)).toEqual([{ FailedFirings: 1 }]);
  });
});

describe('AWS Lambda Powertools', () => {
  test('emits the same metrics as the lines of our own', () => {
    const figures = new Figures('shop');
    const observeAll = () => {
      figures.observe(gathered());
      figures.observe(fired());
      figures.observe(gathered({ stage: 'other' }));
    };
    observeAll();
    const own = lines(figures);
    const metrics = new Metrics({ namespace: METRIC_NAMESPACE });
    // As it would be written: its own console goes to stdout.
    const published: string[] = [];
    const { serializeMetrics } = metrics;
    vi.spyOn(metrics, 'publishStoredMetrics').mockImplementation(() => {
      published.push(JSON.stringify(serializeMetrics.call(metrics)));
      metrics.clearMetrics();
      metrics.clearDimensions();
      metrics.clearMetadata();
      return metrics;
    });
    observeAll();
    powertoolsMetrics(metrics)(figures.take(), 123);
    const comparable = (documents: readonly EmfDocument[]) =>
      documents.map(({ namespace, dimensions, units, metrics: all }) => {
        const values = Object.entries(all).map(([name, value]) => [name, [value].flat()]);
        return { namespace, dimensions, units, values: Object.fromEntries(values) };
      });
    expect(comparable(published.map(readEmf))).toEqual(comparable(own));
  });

  test('has a Logger that log lines can go to', () => {
    const logger = new Logger({ serviceName: 'shop', logLevel: 'WARN' });
    const written = vi.spyOn(logger, 'warn').mockImplementation(() => {});
    logObserver(logger, { pipeline: 'shop' })({ kind: 'fenced', stage: 's', lane: 'a', epoch: 3 });
    expect(written).toHaveBeenCalledWith(
      'attempt overtaken',
      expect.objectContaining({ pipeline: 'shop', stage: 's', lane: 'a', epoch: 3 }),
    );
  });
});

describe('log lines', () => {
  const error = new Error('x');
  const passing = new FencedError('x');
  test.each`
    what                         | seen                                                                         | level
    ${'a batch'}                 | ${gathered({ deadLetters: 0 })}                                              | ${'DEBUG'}
    ${'a batch with letters'}    | ${gathered()}                                                                | ${'WARN'}
    ${'a firing'}                | ${fired()}                                                                   | ${'DEBUG'}
    ${'a firing with letters'}   | ${fired({ deadLetters: 1 })}                                                 | ${'WARN'}
    ${'slots that closed'}       | ${{ kind: 'advanced', stage: 's', target: 1 }}                               | ${'DEBUG'}
    ${'a raise'}                 | ${{ kind: 'raised', stage: 's', lane: 'a', position: '1', watermark: 1 }}    | ${'DEBUG'}
    ${'the end of a lane'}       | ${{ kind: 'ended', stage: 's', lane: 'a' }}                                  | ${'INFO'}
    ${'an attempt overtaken'}    | ${{ kind: 'fenced', stage: 's', lane: 'a', epoch: 1 }}                       | ${'WARN'}
    ${'attempts that were left'} | ${{ kind: 'aborted', stage: 's', lane: 'a', epoch: 3, attempts: 2 }}         | ${'WARN'}
    ${'a batch that failed'}     | ${{ kind: 'undone', stage: 's', lane: 'a', error }}                          | ${'ERROR'}
    ${'a batch that was fenced'} | ${{ kind: 'undone', stage: 's', lane: 'a', error: passing }}                 | ${'WARN'}
    ${'a firing that failed'}    | ${{ kind: 'failed', stage: 's', bucket: 1, what: 'firing bucket 1', error }} | ${'ERROR'}
    ${'a refused write'}         | ${{ kind: 'refused', stage: 's', item: 'fire' }}                             | ${'DEBUG'}
    ${'a figure'}                | ${{ kind: 'took', stage: 's', step: 'fold', ms: 1 }}                         | ${undefined}
  `('of $what are $level', ({ seen, level }) => {
    const written: string[] = [];
    const logger = jsonLogger({
      level: 'debug',
      write: (line) => written.push(line),
      clock: () => 0,
    });
    logObserver(logger, { pipeline: 'shop', requestId: 'r-1' })(seen);
    const read = written.map((line) => JSON.parse(line));
    expect(read.map((line) => line.level)).toEqual(level === undefined ? [] : [level]);
    for (const line of read) {
      expect(line).toMatchObject({
        timestamp: '1970-01-01T00:00:00.000Z',
        message: expect.stringMatching(/./),
        pipeline: 'shop',
        stage: 's',
        requestId: 'r-1',
      });
    }
  });

  test('say where: lane, epoch, slot and bucket', () => {
    const written: string[] = [];
    const write = (line: string) => written.push(line);
    const observe = logObserver(jsonLogger({ level: 'debug', write, clock: () => 0 }), {});
    observe(gathered());
    observe(fired());
    const [batch, firing] = written.map((line) => JSON.parse(line));
    expect(batch).toMatchObject({ lane: 'shard-0', epoch: 7, slot: 80_000, slots: 2 });
    expect(firing).toMatchObject({ bucket: 2, slot: 30_000, slots: 2 });
  });

  test('begin at info, or at the level that is asked for', () => {
    const levels = ['debug', 'info', 'warn', 'error'] as const;
    const passed = (level?: (typeof levels)[number]): number => {
      let count = 0;
      const logger = jsonLogger({ write: () => count++, clock: () => 0, ...(level && { level }) });
      for (const one of levels) logger[one]('x', {});
      return count;
    };
    expect([passed(), ...levels.map(passed)]).toEqual([3, 4, 3, 2, 1]);
    expect([logLevel('WARN'), logLevel('debug'), logLevel('TRACE'), logLevel(undefined)]).toEqual([
      'warn',
      'debug',
      undefined,
      undefined,
    ]);
  });
});
