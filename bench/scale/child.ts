import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { overFiles } from './batch.ts';
import type { RunLoad, ScaleCall, ScaleMeasured, ScaleWay } from './call.ts';
import { overHandler } from './handler.ts';
import type { Load } from './load.ts';

/** One run of one load in one way, in a process of its own: told on stdout as a line of JSON. */
const { way, load, folder } = JSON.parse(process.argv[2] ?? '') as ScaleCall;
const WAYS: Readonly<Record<ScaleWay, RunLoad>> = { batch: overFiles, handler: overHandler };
/** Enough for a compiler to have seen everything. */
const WARM_UP_EVENTS = 20_000;

async function run(one: Load): Promise<ScaleMeasured> {
  const own = path.join(folder, 'work');
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own, { recursive: true });
  const measured = await WAYS[way](one, own);
  if (measured.counted !== one.events) throw new Error(`${measured.counted} events were counted`);
  return { ...measured, rssMb: process.resourceUsage().maxRSS / 1_024 };
}

await run({ ...load, events: WARM_UP_EVENTS, lanes: 1, batch: 1_000, spreadMs: 5_000 });
process.stdout.write(`${JSON.stringify(await run(load))}\n`);
