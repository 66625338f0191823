import { spawn } from 'node:child_process';
import path from 'node:path';
import { build } from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '..');
/** Where packages are found from. */
const BUNDLES = path.join(ROOT, 'node_modules', '.cache', 'tidemark-bench');

/**
 * Makes of a child, by its path from here without `.ts`, what a deployment runs: plain JavaScript, nothing
 * loaded on the way. Returns its file.
 */
export async function bundleChild(name: string): Promise<string> {
  const out = name.replaceAll('/', '-');
  await build({
    entryPoints: [{ in: path.join(import.meta.dirname, `${name}.ts`), out }],
    outdir: BUNDLES,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['tidemark-source'],
    external: ['@aws-sdk/*', '@smithy/*', 'kinesalite', 'dynalite', 'zod'],
    sourcemap: true,
    logLevel: 'error',
  });
  return path.join(BUNDLES, `${out}.js`);
}

/** `cpuProfile`: leave a profile of V8 in this folder. */
export interface ChildOptions {
  readonly cpuProfile?: string;
}

/** Runs a call in a process of its own, whose last line of output is what it has measured. */
export async function runChild<Measured>(
  file: string,
  call: object,
  { cpuProfile }: ChildOptions = {},
): Promise<Measured> {
  const profiling = cpuProfile ? ['--cpu-prof', '--cpu-prof-dir', cpuProfile] : [];
  const child = spawn(process.execPath, [...profiling, file, JSON.stringify(call)], {
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
  if (code !== 0) throw new Error(`${JSON.stringify(call)} ended with code ${code}`);
  return JSON.parse(told) as Measured;
}
