import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import { bundleChild, runChild } from '../child-process.ts';
import { JOBS, jobNamed } from '../jobs/index.ts';
import type { ChildCall, Measured } from '../measured.ts';
import { whole } from '../options.ts';
import { aligned, headingOf } from '../report.ts';
import { spreadOf } from '../rounds.ts';
import { flinkRuns } from './engines.ts';

/**
 * Runs jobs through Flink and through a batch run of ours, by turns over the same files, where somebody has
 * built the peers: Java programs that are no part of this project.
 */
const NAMES = JOBS.map(({ name }) => name);
const command = new Command('npm run bench:peers --')
  .description('Measures jobs in CPU seconds beside Flink, over the same files.')
  .argument('[folder]', 'of the peers: run-peers.sh, and its files in data', '../shared/peers')
  .addOption(new Option('--only <jobs...>', 'these jobs').choices(NAMES).default(NAMES))
  .option('--rounds <n>', 'how often each way runs', whole, 3)
  .option('--json <file>', 'write what was measured there, too')
  .parse();
const { only, rounds, json } = command.opts<{ only: string[]; rounds: number; json?: string }>();
const [folder = ''] = command.processedArgs as string[];

interface Timed {
  readonly cpuSeconds: number;
  readonly rssMb: number;
}

async function measure(): Promise<void> {
  const child = await bundleChild('child');
  const work = mkdtempSync(path.join(os.tmpdir(), 'tidemark-peers-'));
  const all: object[] = [];
  try {
    for (const job of only) {
      const table = await measured(job, (way) => runChild<Measured>(child, callOf(job, way, work)));
      console.log(`\n${headingOf(job)}\n${aligned([HEADER, ...table.map(cellsOf)])}`);
      all.push(...table.map((line) => ({ job, ...line })));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(all, undefined, 2)}\n`);
}

interface Line {
  readonly name: string;
  readonly runs: readonly Timed[];
}

async function measured(
  job: string,
  run: (way: 'loop' | 'batch') => Promise<Measured>,
): Promise<Line[]> {
  const lines = new Map<string, Timed[]>();
  const add = (name: string, one: Timed): void => {
    lines.set(name, [...(lines.get(name) ?? []), one]);
  };
  for (let round = 0; round < rounds; round++) {
    for (const way of ['loop', 'batch'] as const) add(way, await run(way));
    for (const { name, ...one } of await flinkRuns(folder, job, fileOf(job))) add(name, one);
  }
  return [...lines].map(([name, runs]) => ({ name, runs }));
}

const fileOf = (job: string): string => `data/${jobNamed(job).input}-1m.jsonl`;

function callOf(job: string, way: 'loop' | 'batch', work: string): ChildCall {
  const file = { input: path.resolve(folder, fileOf(job)), invocations: '' };
  return { job, way, schema: 'fields', warmUp: file, measured: file, folder: work };
}

const HEADER = ['way', 'CPU s', '(spread)', 'max RSS MB'];

function cellsOf({ name, runs }: Line): string[] {
  const { median, least, greatest } = spreadOf(runs.map(({ cpuSeconds }) => cpuSeconds));
  return [
    name,
    median.toFixed(2),
    `${least.toFixed(2)}-${greatest.toFixed(2)}`,
    Math.max(...runs.map(({ rssMb }) => rssMb)).toFixed(0),
  ];
}

if (existsSync(path.join(folder, 'data'))) await measure();
else console.log(`bench:peers skipped: there are no built peers in '${folder}' (their setup.sh)`);
