import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import { bundleChild, runChild } from '../child-process.ts';
import { whole } from '../options.ts';
import { SCALE_WAYS, type ScaleMeasured, type ScaleWay } from './call.ts';
import type { Load } from './load.ts';
import { linesOf, type ScaleLine, tableOf } from './report.ts';
import { allSeries, type Series } from './series.ts';

/** `npm run bench:scale` */
interface Options {
  readonly only: readonly string[];
  readonly ways: readonly ScaleWay[];
  readonly full?: boolean;
  readonly rounds: number;
  readonly json?: string;
}

const NAMES = allSeries(false).map(({ name }) => name);

const { only, ways, full, rounds, json } = new Command('npm run bench:scale --')
  .description('Measures CPU time an event, and memory, of a count as one thing grows at a time.')
  .addOption(new Option('--only <series...>', 'these things').choices(NAMES).default(NAMES))
  .addOption(new Option('--ways <ways...>', 'these ways').choices(SCALE_WAYS).default(SCALE_WAYS))
  .option('--full', 'up to ten million events, which takes minutes more')
  .option('--rounds <n>', 'how often each is run; the least time counts', whole, 1)
  .option('--json <file>', 'write what was measured there, too')
  .parse()
  .opts<Options>();

const child = await bundleChild('scale/child');
const folder = mkdtempSync(path.join(os.tmpdir(), 'tidemark-scale-'));
const all: ScaleLine[] = [];
try {
  for (const series of allSeries(full ?? false)) {
    if (!only.includes(series.name)) continue;
    const measured: ScaleLine[][] = [];
    for (const way of ways) measured.push(await inWay(series, way));
    all.push(...measured.flat());
    console.log(`${series.name} ${series.what}\n${tableOf(series, measured)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (json !== undefined) {
  const told = { rounds, node: process.version, lines: all };
  writeFileSync(json, `${JSON.stringify(told, undefined, 2)}\n`);
}

async function inWay(series: Series, way: ScaleWay): Promise<ScaleLine[]> {
  const measured: ScaleMeasured[] = [];
  for (const { load } of series.points) measured.push(await least(way, load));
  return linesOf(series, way, measured);
}

/** Whatever else the machine does only adds to the time. */
async function least(way: ScaleWay, load: Load): Promise<ScaleMeasured> {
  const runs: ScaleMeasured[] = [];
  for (let n = 0; n < rounds; n++) runs.push(await runChild(child, { way, load, folder }));
  return runs.sort((a, b) => a.cpuSeconds - b.cpuSeconds)[0] as ScaleMeasured;
}
