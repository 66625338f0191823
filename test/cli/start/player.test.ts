import { describe, expect, test } from 'vitest';
import { type PlayOptions, type PutRecord, play } from '../../../src/cli/start/player.ts';
import type { TrafficItem } from '../../../src/cli/start/traffic-item.ts';
import { UnavailableError } from '../../../src/errors.ts';
import { seeded } from '../../../src/seeded.ts';
import fc from '../../support/fast-check.ts';

describe('at full speed', () => {
  test('everything is put once, in order, 500 records a call, without a pause', async () => {
    const { stream, counts, slept } = await played(numbered(1_201), { speed: 'max' });
    expect(stream.calls.map((call) => call.length)).toEqual([500, 500, 201]);
    expect(stream.texts()).toEqual(numbered(1_201).map((item) => item.line));
    expect(slept).toEqual([]);
    expect(counts).toEqual({
      records: 1_201,
      bytes: bytesOf(numbered(1_201)),
      batches: 3,
      resent: 0,
      arrivalTime: 1_200_000,
      complete: true,
    });
  });

  test('a call holds four megabytes at most', async () => {
    const megabyte = Array.from({ length: 9 }, () => item('x'.repeat(1_000_000), 0));
    const { stream } = await played(megabyte, { speed: 'max' });
    expect(stream.calls.map((call) => call.length)).toEqual([4, 4, 1]);
  });

  test('text becomes UTF-8, bytes stay as they are', async () => {
    const bytes = Uint8Array.of(0xff, 0x00);
    const { stream } = await played([item('ü', 0), { ...item('', 0), line: bytes }], {});
    expect(stream.taken.map((record) => [...record.data])).toEqual([
      [0xc3, 0xbc],
      [0xff, 0x00],
    ]);
    expect(stream.taken[0]?.partitionKey).toBe('key');
  });
});

describe('paced', () => {
  test('records go when they are due, at a multiple of real time', async () => {
    const items = [0, 60_000, 60_600, 120_000].map((time) => item(String(time), 5_000 + time));
    const { stream } = await played(items, { speed: 60 });
    // 60,600 is due 10 ms after 60,000, and waits for the end of a pause of 50.
    expect(stream.calledAt).toEqual([0, 1_000, 1_050, 2_000]);
    expect(stream.texts()).toEqual(['0', '60000', '60600', '120000']);
  });

  test('dense traffic is put about 20 times a second', async () => {
    const items = Array.from({ length: 1_000 }, (_, i) => item(String(i), i));
    const { stream } = await played(items, { speed: 1 });
    expect(stream.calls.length).toBeGreaterThanOrEqual(10);
    expect(stream.calls.length).toBeLessThanOrEqual(21);
    for (const [i, at] of stream.calledAt.entries()) {
      expect(at - (stream.calledAt[i - 1] ?? 0)).toBeLessThanOrEqual(100);
    }
  });

  test('no record goes early, and none later than a pause', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(300), { minLength: 1, maxLength: 50 }),
        fc.constantFrom(0.5, 1, 7),
        async (gaps, speed) => {
          let time = 0;
          const items = gaps.map((gap) => {
            time += gap;
            return item(String(time), time);
          });
          const { stream } = await played(items, { speed });
          for (const { at, text } of stream.log()) {
            const due = (Number(text) - (gaps[0] ?? 0)) / speed;
            expect(at).toBeGreaterThanOrEqual(due);
            expect(at).toBeLessThanOrEqual(due + 50);
          }
        },
      ),
    );
  });

  test('a long silence is cut short, and the pace is the same after it', async () => {
    const items = [0, 1_000, 90_000_000, 90_001_000].map((time) => item(String(time), time));
    const { stream } = await played(items, { speed: 1 });
    expect(stream.calledAt).toEqual([0, 1_000, 6_000, 7_000]);
  });

  test('live traffic never goes before its own time', async () => {
    const items = [0, 1_000, 60_000].map((time) => item(String(time), time));
    const { stream } = await played(items, { speed: 1_000, live: true });
    expect(stream.calledAt).toEqual([0, 1_000, 60_000]);
  });
});

describe('refused records', () => {
  test('are sent again in their order, and nothing is put twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_300 }), fc.nat(), async (size, seed) => {
        const random = seeded(seed);
        const { stream, counts } = await played(numbered(size), { speed: 'max' }, (call) =>
          call.flatMap((_, index) => (random() < 0.3 ? [index] : [])),
        );
        expect(stream.texts().toSorted()).toEqual(
          numbered(size)
            .map((i) => i.line)
            .toSorted(),
        );
        for (const call of stream.calls) {
          const times = call.map((record) => Number(text(record).slice(1)));
          expect(times).toEqual(times.toSorted((a, b) => a - b));
        }
        expect(counts.records).toBe(size);
        expect(counts.bytes).toBe(bytesOf(numbered(size)));
      }),
      { numRuns: 30 },
    );
  });

  test('hold back the next batch until they are taken', async () => {
    let refusals = 3;
    const { stream, counts, slept } = await played(numbered(501), { speed: 'max' }, () =>
      refusals-- > 0 ? [0] : [],
    );
    expect(stream.calls.map((call) => call.length)).toEqual([500, 1, 1, 1, 1]);
    expect(stream.texts().at(-2)).toBe('#0');
    expect(counts).toMatchObject({ records: 501, resent: 3, batches: 3 });
    expect(slept).toHaveLength(3);
  });

  test('are waited for longer and longer, with jitter', async () => {
    const everyTime = (): number[] => [0];
    const slept: number[] = [];
    const attempt = played(numbered(1), { speed: 'max', random: () => 0.5 }, everyTime, slept);
    await expect(attempt).rejects.toBeInstanceOf(UnavailableError);
    expect(slept.slice(0, 4)).toEqual([50, 100, 200, 400]);
    expect(Math.max(...slept)).toBe(2_500);
  });

  test('an error that sending again does not help ends the play', async () => {
    const fail = () => {
      throw new Error('no such stream');
    };
    await expect(played(numbered(1), {}, fail)).rejects.toThrow('no such stream');
  });
});

describe('the signal', () => {
  test('ends endless traffic, and nothing more is put', async () => {
    const stop = new AbortController();
    function* endless(): Generator<TrafficItem> {
      for (let i = 0; ; i += 1) yield item(`#${i}`, i);
    }
    let calls = 0;
    const { stream, counts } = await played(endless(), { signal: stop.signal }, () => {
      calls += 1;
      if (calls === 3) stop.abort();
      return [];
    });
    expect(stream.calls).toHaveLength(3);
    expect(counts).toMatchObject({ records: 1_500, complete: false });
  });

  test('ends a sleep that rejects when it is aborted', async () => {
    const stop = new AbortController();
    const { counts } = await played([item('a', 0), item('b', 10_000)], {
      speed: 1,
      signal: stop.signal,
      sleep: async () => {
        stop.abort();
        throw new Error('AbortError');
      },
    });
    expect(counts).toMatchObject({ records: 1, complete: false });
  });
});

test('progress is told after every call, from files as from arrays', async () => {
  const told: number[] = [];
  async function* slowly(): AsyncGenerator<TrafficItem> {
    yield* numbered(600);
  }
  await played(slowly(), { speed: 'max', onProgress: (counts) => told.push(counts.records) });
  expect(told).toEqual([500, 600]);
});

/** A stream in memory under a clock that only sleeping moves. */
async function played(
  items: PlayOptions['items'],
  options: Partial<PlayOptions>,
  refuse: (call: readonly PutRecord[]) => number[] = () => [],
  slept: number[] = [],
) {
  let clock = 0;
  const stream = memoryStream(() => clock, refuse);
  const counts = await play({
    items,
    putRecords: stream.put,
    speed: 'max',
    now: () => clock,
    sleep: async (durationMs) => {
      slept.push(durationMs);
      clock += durationMs;
    },
    random: seeded(1),
    signal: new AbortController().signal,
    ...options,
  });
  return { stream, counts, slept };
}

function memoryStream(now: () => number, refuse: (call: readonly PutRecord[]) => number[]) {
  const taken: PutRecord[] = [];
  const times: number[] = [];
  const sent: (readonly PutRecord[])[] = [];
  const calledAt: number[] = [];
  return {
    taken,
    calls: sent,
    calledAt,
    texts: () => taken.map(text),
    log: () => taken.map((record, i) => ({ text: text(record), at: times[i] ?? Number.NaN })),
    put: async (call: readonly PutRecord[]) => {
      sent.push(call);
      calledAt.push(now());
      const failed = refuse(call);
      for (const [index, record] of call.entries()) {
        if (failed.includes(index)) continue;
        taken.push(record);
        times.push(now());
      }
      return { failed };
    },
  };
}

const text = (record: PutRecord): string => new TextDecoder().decode(record.data);

const item = (line: string, arrivalTime: number): TrafficItem => ({
  line,
  partitionKey: 'key',
  arrivalTime,
});

const numbered = (size: number): TrafficItem[] =>
  Array.from({ length: size }, (_, i) => item(`#${i}`, i * 1_000));

const bytesOf = (items: readonly TrafficItem[]): number =>
  items.reduce((sum, { line }) => sum + line.length, 0);
