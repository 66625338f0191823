import { setTimeout as sleep } from 'node:timers/promises';
import { type Percentiles, percentilesOf } from '../percentiles.ts';
import { type LatencyCall, type LatencyMeasured, STAGES } from './call.ts';
import { type Deployed, deployed } from './deployment.ts';
import { Marks, type RowMark } from './marks.ts';
import { WINDOW_MS } from './plan.ts';
import { produce } from './producer.ts';
import { closedBy, type RowWay, waysOf } from './ways-of-rows.ts';

const LOOK_MS = 20;
const WAIT_MS = 30_000;

/** Puts events, and tells how long their rows were on the way, and each step of the engine. */
export async function endToEnd(
  call: LatencyCall,
): Promise<Omit<LatencyMeasured, 'engine' | 'roundTrips'>> {
  const marks = new Marks();
  const running = await deployed(call, marks);
  const from = Date.now() + call.warmUpMs;
  const { kinesis: client, streamName } = running;
  const forMs = call.warmUpMs + call.seconds * 1_000;
  const puts = await produce({ client, streamName, rate: call.rate, forMs });
  const last = Math.min(...lastPuts(puts));
  await until(() => marks.rows.some(({ windowEnd }) => closedBy(windowEnd + WINDOW_MS) > last));
  await until(running.idle);
  await running.stop();
  const measured = marks.rows.filter(({ windowEnd }) => windowEnd > from);
  await checkRows(running, marks.rows);
  const ways = waysOf(puts, marks, measured);
  return {
    rows: measured.length,
    windows: new Set(measured.map(({ windowEnd }) => windowEnd)).size,
    stages: byStage(ways),
    steps: byStep(marks, from),
  };
}

/** Of each shard. */
const lastPuts = (puts: readonly { readonly shard: string; readonly at: number }[]): number[] => [
  ...new Map(puts.map(({ shard, at }) => [shard, at])).values(),
];

async function until(isTrue: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + WAIT_MS;
  while (!isTrue()) {
    if (Date.now() > giveUpAt) throw new Error('the last window was not closed');
    await sleep(LOOK_MS);
  }
}

/** What was taken for a row must be one. */
async function checkRows(running: Deployed, rows: readonly RowMark[]): Promise<void> {
  const found = new Map<string, unknown>();
  for await (const { key, windowEnd, value } of running.rows())
    found.set(`${key} ${windowEnd}`, value);
  for (const { key, windowEnd, value } of rows) {
    if (found.get(`${key} ${windowEnd}`) !== value) throw new Error(`the row of ${key} is missing`);
  }
}

const byStage = (ways: readonly RowWay[]): LatencyMeasured['stages'] => {
  const entries = STAGES.map((stage) => [stage, percentilesOf(ways.map((way) => way[stage]))]);
  return Object.fromEntries(entries) as LatencyMeasured['stages'];
};

/** Of gathers, those that closed a window; of all steps of firing, those of every firing. */
function byStep({ batches, rows }: Marks, from: number): Readonly<Record<string, Percentiles>> {
  const closing = batches.filter(({ closed }) => closed !== undefined && closed.through > from);
  const firings = new Set(
    rows.filter(({ windowEnd }) => windowEnd > from).map((row) => row.firing),
  );
  const all = new Map<string, number[]>();
  for (const { step, ms } of [...closing, ...firings].flatMap(({ steps }) => steps)) {
    all.set(step, [...(all.get(step) ?? []), ms]);
  }
  return Object.fromEntries([...all].map(([step, values]) => [step, percentilesOf(values)]));
}
