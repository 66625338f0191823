import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** What a test with a handful of them may take on a busy machine, ms. */
export const KILLS_MS = 180_000;

/** Runs a plan of `batch-child.ts` in a process of its own, which `kill` may end: `after:7`, `in:3`. */
export function child(plan: string, output: string, kill: string, files: readonly string[]) {
  const script = path.join(import.meta.dirname, 'batch-child.ts');
  const flags = ['--conditions=tidemark-source', '--import', 'tsx'];
  const args = [...flags, script, plan, output, kill, ...files];
  const { signal, status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
  });
  return { signal, status, stdout, stderr };
}
