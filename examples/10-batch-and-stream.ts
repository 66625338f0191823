import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MINUTES, pipeline, SECONDS, TumblingWindow, table } from 'tidemark';
import { fileLane, runBatch } from 'tidemark/batch';
import { testDriver } from 'tidemark/testing';
import * as z from 'zod';
import { at, clock } from './time-of-day.ts';

const click = z.object({ timestamp: z.iso.datetime(), page: z.string() });

export const plan = pipeline('clicks')
  .stream('clicks', { schema: click, timestamp: (e) => e.timestamp, outOfOrderness: 10 * SECONDS })
  .keyBy((e) => e.page)
  .window(TumblingWindow.of(1, MINUTES))
  .count()
  .to(table('counts'));

/** The last one is late: its window is closed when it comes. */
export const clicks = ['12:00:10', '12:00:40', '12:01:20', '12:00:50'].map((time) => ({
  timestamp: at(time),
  page: '/',
}));
type Row = { readonly windowStart: number; readonly value: number };
export const told = (rows: readonly Row[]) =>
  rows.map(({ windowStart, value }) => `${clock(windowStart)} ${value}`);

/** As a stream: what has come so far is all that there is. */
const driver = testDriver<number>(plan);
await driver.send(...clicks);
await driver.end();
export const live = told(driver.results());
console.log(`stream:  ${live.join(', ')}`);

/** As a batch: the file has an end, so that nothing is late; or in its order, with what was late live. */
const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-example-'));
const file = path.join(folder, 'clicks.jsonl');
writeFileSync(file, clicks.map((e) => `${JSON.stringify(e)}\n`).join(''));
export const runs: Record<string, string[]> = {};
for (const arrival of [false, true]) {
  const output = path.join(folder, arrival ? 'in-order' : 'whole');
  await runBatch(plan, { inputs: { clicks: [fileLane(file)] }, output, arrival });
  const lines = readFileSync(path.join(output, 'counts.jsonl'), 'utf8').trim().split('\n');
  runs[arrival ? 'arrival' : 'whole'] = told(lines.map((line) => JSON.parse(line) as Row));
}
rmSync(folder, { recursive: true });
console.log(`batch:   ${runs.whole?.join(', ')}`);
console.log(`arrival: ${runs.arrival?.join(', ')}`);
