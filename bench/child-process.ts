import { spawn } from 'node:child_process';
import path from 'node:path';
import { build } from 'esbuild';
import type { ChildCall, Measured } from './measured.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
/** Where packages are found from. */
const BUNDLES = path.join(ROOT, 'node_modules', '.cache', 'tidemark-bench');
const BUNDLE = path.join(BUNDLES, 'child.js');

/** Makes of the library and the jobs what a deployment runs: plain JavaScript, nothing loaded on the way. */
export async function bundleChild(): Promise<void> {
  await build({
    entryPoints: [path.join(import.meta.dirname, 'child.ts')],
    outdir: BUNDLES,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['tidemark-source'],
    external: ['@aws-sdk/*', 'kinesalite', 'dynalite', 'zod'],
    sourcemap: true,
    logLevel: 'error',
  });
}

/** `cpuProfile`: leave a profile of V8 in this folder. */
export interface ChildOptions {
  readonly cpuProfile?: string;
}

/** Runs a call in a process of its own. */
export async function runChild(
  call: ChildCall,
  { cpuProfile }: ChildOptions = {},
): Promise<Measured> {
  const profiling = cpuProfile ? ['--cpu-prof', '--cpu-prof-dir', cpuProfile] : [];
  const child = spawn(process.execPath, [...profiling, BUNDLE, JSON.stringify(call)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  });
  let told = '';
  child.stdout.on('data', (chunk) => {
    told += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${call.job} ${call.way} ended with code ${code}`);
  return JSON.parse(told) as Measured;
}
