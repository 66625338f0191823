import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { whole } from '../options.ts';
import { aligned } from '../report.ts';
import { type Cold, type ColdLine, cold } from './measure.ts';

/** `npm run bench:cold` */
const { rounds, json } = new Command('npm run bench:cold --')
  .description(
    'Measures what a handler that counts adds to the clients of AWS, in bytes and in time to load,\n' +
      'bundled as the Pipeline construct does (deployed) and as esbuild does by itself (plain).',
  )
  .option('--rounds <n>', 'how often each bundle is loaded, each time by a new process', whole, 15)
  .option('--json <file>', 'write what was measured there, too')
  .parse()
  .opts<{ rounds: number; json?: string }>();

const HEADER = ['', 'bundle', 'bytes', 'CPU ms to load', '(spread)', 'wall ms', 'added CPU ms'];

const measured = await cold(rounds);
console.log(`${aligned([HEADER, ...measured.lines.map(cellsOf)])}\n\n${ownTable(measured)}`);
if (json !== undefined) {
  const told = { rounds, node: process.version, ...measured };
  writeFileSync(json, `${JSON.stringify(told, undefined, 2)}\n`);
}

function cellsOf({ bundling, bundle, bytes, cpuMs, wallMs, addedCpuMs }: ColdLine): string[] {
  return [
    bundling,
    bundle,
    String(bytes),
    cpuMs.median.toFixed(1),
    `${cpuMs.least.toFixed(1)}-${cpuMs.greatest.toFixed(1)}`,
    wallMs.median.toFixed(1),
    addedCpuMs === undefined ? '' : addedCpuMs.median.toFixed(1),
  ];
}

function ownTable({ own }: Cold): string {
  const total = own.reduce((sum, [, bytes]) => sum + bytes, 0);
  const rows = [...own, ['all', total] as const].map(([name, bytes]) => [name, String(bytes)]);
  return aligned([['own code of the handler, by folder of src', 'bytes'], ...rows]);
}
