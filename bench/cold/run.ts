import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { whole } from '../options.ts';
import { aligned } from '../report.ts';
import { interleaved, type Spread, spreadOf } from '../rounds.ts';
import { BUNDLE_NAMES, type BundleName, bundled, ownBytes } from './bundles.ts';
import { load } from './load.ts';

/** `npm run bench:cold` */
const { rounds, json } = new Command('npm run bench:cold --')
  .description(
    'Measures what a handler that counts adds to the clients of AWS: bytes, and time to load.',
  )
  .option('--rounds <n>', 'how often each bundle is loaded, each time by a new process', whole, 15)
  .option('--json <file>', 'write what was measured there, too')
  .parse()
  .opts<{ rounds: number; json?: string }>();

interface Line {
  readonly bundle: BundleName;
  readonly bytes: number;
  readonly cpuMs: Spread;
  readonly wallMs: Spread;
  /** More than the bundle before it, in the same round. */
  readonly addedCpuMs: Spread | undefined;
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'tidemark-cold-'));
const fileOf = (name: BundleName): string => path.join(folder, `${name}.cjs`);
try {
  const bundles = await Promise.all(
    BUNDLE_NAMES.map(async (name) => [name, await bundled(name)] as const),
  );
  for (const [name, { text }] of bundles) writeFileSync(fileOf(name), text);
  const loads = await interleaved(BUNDLE_NAMES, rounds, async (name) => load(fileOf(name)));
  const lines = bundles.map(([bundle, { text }], n): Line => {
    const its = loads.get(bundle) ?? [];
    const before = loads.get(BUNDLE_NAMES[n - 1] as BundleName);
    return {
      bundle,
      bytes: text.length,
      cpuMs: spreadOf(its.map(({ cpuMs }) => cpuMs)),
      wallMs: spreadOf(its.map(({ wallMs }) => wallMs)),
      addedCpuMs:
        before && spreadOf(its.map(({ cpuMs }, round) => cpuMs - Number(before[round]?.cpuMs))),
    };
  });
  const own = bundles.flatMap(([name, bundle]) => (name === 'handler' ? ownBytes(bundle) : []));
  tell(lines, own);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function tell(lines: readonly Line[], own: readonly (readonly [string, number])[]): void {
  const header = [
    'bundle',
    'bytes, minified',
    'CPU ms to load',
    '(spread)',
    'wall ms',
    'added CPU ms',
  ];
  const cells = lines.map(({ bundle, bytes, cpuMs, wallMs, addedCpuMs }) => [
    bundle,
    String(bytes),
    cpuMs.median.toFixed(1),
    `${cpuMs.least.toFixed(1)}-${cpuMs.greatest.toFixed(1)}`,
    wallMs.median.toFixed(1),
    addedCpuMs === undefined ? '' : addedCpuMs.median.toFixed(1),
  ]);
  console.log(`${aligned([header, ...cells])}\n`);
  const total = own.reduce((sum, [, bytes]) => sum + bytes, 0);
  const folders = [...own, ['all', total] as const].map(([name, bytes]) => [name, String(bytes)]);
  console.log(aligned([['own code of the handler', 'bytes, minified'], ...folders]));
  if (json === undefined) return;
  const told = { rounds, node: process.version, lines, own: Object.fromEntries(own) };
  writeFileSync(json, `${JSON.stringify(told, undefined, 2)}\n`);
}
