import { expect, onTestFinished, test } from 'vitest';
import { traffic } from '../../src/cli/start/traffic.ts';
import { laneRange } from '../../src/engine/keys.ts';
import { readAll } from '../../src/engine/read-all.ts';
import type { Invoke } from '../../src/runtime/local/shard-poller.ts';
import { seeded } from '../../src/seeded.ts';
import { type Deployed, deployed } from './deployed.ts';
import { until } from './until.ts';

const EVENTS = 3_000;
const HOUR_MS = 3_600_000;

test('the same input played again from TRIM_HORIZON changes nothing', {
  timeout: 240_000,
}, async () => {
  const pipeline = await deployed('--exit', '--window', '1m');
  onTestFinished(() => pipeline.stop());
  const startTime = Date.now() - 2 * HOUR_MS;
  const put = await pipeline.put(traffic({ random: seeded(7), startTime, events: EVENTS }));
  expect(put).toBe(EVENTS);

  expect(await playThrough(pipeline, { batchSize: 200 })).toBe(EVENTS);
  expect((await pipeline.verdict()).comparison).toEqual({ total: 0, differences: [] });
  const first = await traces(pipeline);
  expect(first.rows.length).toBeGreaterThan(300);
  expect(first.rows.every((row) => row.position !== '')).toBe(true);
  expect(first.letters.length).toBeGreaterThan(2);

  // In other batches: nothing may depend on where they were cut.
  expect(await playThrough(pipeline, { batchSize: 37 })).toBe(EVENTS);
  expect(await traces(pipeline)).toEqual(first);
});

/** Resolves with how many records the function took, once it has taken all and closed all windows. */
async function playThrough(
  pipeline: Deployed,
  { batchSize }: { batchSize: number },
): Promise<number> {
  let taken = 0;
  const sandbox = pipeline.startFunction();
  const invoke: Invoke = async (event) => {
    const answer = await sandbox.invoke(event);
    taken += kinesisRecordsIn(event);
    return answer;
  };
  const runtime = pipeline.startRuntime(invoke, batchSize);
  try {
    await until(() => taken >= EVENTS, 90_000);
    await runtime.tick();
    expect(await pipeline.close(runtime, EVENTS)).toBe(true);
    await until(() => runtime.watcher.idle());
  } finally {
    await runtime.stop();
  }
  return taken;
}

function kinesisRecordsIn(event: unknown): number {
  const { Records = [] } = event as { Records?: readonly { eventSource: string }[] };
  return Records.filter((record) => record.eventSource === 'aws:kinesis').length;
}

/** All that a user can see of a run, and what the lanes say became of their records. */
async function traces({ job, store, rows, letters }: Deployed) {
  const lanes = await readAll(store, 'control', laneRange(job.stage.name));
  return {
    rows: sortedBy(await rows(), (row) => `${row.windowStart} ${row.key}`),
    letters: sortedBy(await letters(), (letter) => `${letter.lane} ${letter.position}`),
    lanes: lanes.map(({ sk, position, records, filtered, late, deadLetters }) => {
      return { sk, position, records, filtered, late, deadLetters };
    }),
  };
}

const sortedBy = <T>(items: readonly T[], text: (item: T) => string): T[] =>
  [...items].sort((a, b) => (text(a) < text(b) ? -1 : 1));
