import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BatchOptions, fileLane, runBatch } from '../../../src/runtime/batch/index.ts';
import { random } from '../../support/random.ts';
import { REVISABLE_WINDOWS } from '../../support/windows.ts';
import { child, KILLS_MS } from './child.ts';
import { counts, sums } from './plans.ts';
import { linesOf, workplace } from './workplace.ts';

const place = workplace();

test.each([
  { plan: 'sums', results: ['sums.jsonl'] },
  { plan: 'kept', results: ['sums.jsonl', 'kept.jsonl'] },
])(
  'a run of $plan that is killed again and again leaves the same bytes as one that is not',
  {
    timeout: KILLS_MS,
  },
  ({ plan, results }) => {
    const files = [0, 1, 2].map((seed) => place.write(manyEvents(seed)));
    const [undisturbed, killed] = [place.output(), place.output()];
    expect(child(plan, undisturbed, '', files)).toMatchObject({ status: 0, stdout: 'begun' });
    const kills = [];
    for (let after = 4; ; after *= 2) {
      const { signal, status, stdout } = child(plan, killed, `after:${after}`, files);
      if (signal === null) {
        expect({ status, stdout }).toEqual({ status: 0, stdout: 'resumed' });
        break;
      }
      kills.push(signal);
    }
    expect(kills.length).toBeGreaterThanOrEqual(2);
    for (const file of [...results, 'dead-letters.jsonl', 'summary.json']) {
      expect(linesOf(killed, file)).toEqual(linesOf(undisturbed, file));
    }
    expect(linesOf(killed, 'dead-letters.jsonl').length).toBeGreaterThanOrEqual(3);
    expect(existsSync(path.join(killed, '.tidemark'))).toBe(false);
  },
);

describe('a run that was interrupted', () => {
  test('says so, and the next one goes on', async () => {
    const { output, file } = await interrupted();
    expect(existsSync(path.join(output, 'sums.jsonl'))).toBe(false);
    const { went, summary } = await runBatch(sums(), options(output, file));
    expect(went).toBe('resumed');
    expect(Object.values(summary.stages)).toMatchObject([{ records: 3_001, deadLetters: 1 }]);
    const whole = place.output();
    await runBatch(sums(), options(whole, file));
    expect(linesOf(output, 'sums.jsonl')).toEqual(linesOf(whole, 'sums.jsonl'));
  });

  test('is not gone on with over another plan, mode or input', async () => {
    const { output, file } = await interrupted();
    const run = (change: Partial<BatchOptions>, plan = sums()) =>
      runBatch(plan, { ...options(output, file), ...change });
    await expect(run({}, sums({ window: REVISABLE_WINDOWS[4] }))).rejects.toMatchObject({
      code: 'PLAN_CHANGED',
      hint: expect.stringContaining('--fresh'),
    });
    await expect(run({ arrival: true })).rejects.toMatchObject({ code: 'PLAN_CHANGED' });
    const other = place.write(manyEvents(9));
    await expect(run({ inputs: { events: [fileLane(other)] } })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining(`'${other}' was not there`),
    });
    utimesSync(file, 1, 1);
    await expect(run({ inputs: { events: [fileLane(file)] } })).rejects.toMatchObject({
      message: expect.stringContaining('1970'),
    });
    expect((await run({ start: 'fresh', inputs: { events: [fileLane(file)] } })).went).toBe(
      'begun',
    );
  });
});

describe('a run that has finished', () => {
  test('is recognised, and not done again', async () => {
    const file = place.write(manyEvents(1, 50));
    const output = place.output();
    const first = await runBatch(counts(), options(output, file));
    const again = await runBatch(counts(), { ...options(output, file), start: 'resume' });
    expect(again).toEqual({ summary: first.summary, went: 'finished' });
  });

  test('is done again if its results are gone, or if asked for', async () => {
    const file = place.write(manyEvents(1, 50));
    const output = place.output();
    await runBatch(counts(), options(output, file));
    const again = await runBatch(counts(), { ...options(output, file), start: 'fresh' });
    expect(again.went).toBe('begun');
    rmSync(path.join(output, 'counts.jsonl'));
    expect((await runBatch(counts(), options(output, file))).went).toBe('begun');
  });

  test('of another plan stays untouched', async () => {
    const file = place.write(manyEvents(1, 50));
    const output = place.output();
    await runBatch(counts(), options(output, file));
    await expect(runBatch(sums(), options(output, file))).rejects.toMatchObject({
      code: 'PLAN_CHANGED',
      message: expect.stringContaining('finished run'),
    });
    expect(linesOf(output, 'counts.jsonl').length).toBeGreaterThan(0);
  });
});

test('a run of other code is another run, where the plan looks the same', async () => {
  const file = place.write(manyEvents(1, 50));
  const output = place.output();
  await runBatch(counts(), { ...options(output, file), version: 'one' });
  const again = runBatch(counts(), { ...options(output, file), version: 'two' });
  await expect(again).rejects.toMatchObject({ code: 'PLAN_CHANGED' });
  const { went } = await runBatch(counts(), { ...options(output, file), version: 'one' });
  expect(went).toBe('finished');
});

test('there must be something to resume', async () => {
  const lane = place.lane(manyEvents(1, 5));
  const run = runBatch(sums(), {
    inputs: { events: [lane] },
    output: place.output(),
    start: 'resume',
  });
  await expect(run).rejects.toMatchObject({
    code: 'OUTPUT_INVALID',
    message: expect.stringContaining('to go on with'),
  });
});

describe('two runs do not share a folder', () => {
  test('of two processes', async () => {
    const { output, file } = await interrupted();
    writeFileSync(lockOf(output), String(process.ppid));
    await expect(runBatch(sums(), options(output, file))).rejects.toMatchObject({
      message: `process ${process.ppid} is writing to '${output}'`,
    });
  });

  test('of one process', async () => {
    const { output, file } = await interrupted();
    const first = runBatch(sums(), options(output, file));
    await expect(runBatch(sums(), options(output, file))).rejects.toMatchObject({
      message: `process ${process.pid} is writing to '${output}'`,
    });
    expect((await first).went).toBe('resumed');
  });

  test.each<[string, () => number]>([
    ['is gone', () => spawnSync(process.execPath, ['--version']).pid],
    ['had the number of this one, as in a container that is started again', () => process.pid],
  ])('and the lock of a process that %s is no obstacle', async (_, holder) => {
    const { output, file } = await interrupted();
    writeFileSync(lockOf(output), String(holder()));
    expect((await runBatch(sums(), options(output, file))).went).toBe('resumed');
  });
});

const lockOf = (output: string): string => path.join(output, '.tidemark', 'lock');

const options = (output: string, file: string): BatchOptions => ({
  inputs: { events: [fileLane(file)] },
  output,
  memoryLimit: 600_000,
});

async function interrupted(): Promise<{ output: string; file: string }> {
  const file = place.write(manyEvents(1));
  const output = place.output();
  const stop = new AbortController();
  const run = runBatch(sums(), {
    ...options(output, file),
    signal: stop.signal,
    onProgress: ({ records }) => {
      if (records > 500) stop.abort();
    },
  });
  await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
  return { output, file };
}

/** One line in them is no event. */
function manyEvents(seed: number, howMany = 3_000): (object | string)[] {
  const chance = random(seed);
  const events = Array.from({ length: howMany }, (_, i) => ({
    at: 1_000_000 + i * 100 + chance.below(3_000),
    key: `k${chance.below(40)}`,
    value: chance.below(1_000) / 7,
  }));
  return [...events, 'no event'];
}
