import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What `npm start` runs, word for word. */
const SCRIPT = ['--conditions=tidemark-source', '--import', 'tsx', 'src/cli/start.ts'];

/** `npm start` in a process of its own, as a user has it. */
export interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it has printed so far. */
  output(): string;
  readonly ending: Promise<Ending>;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartSettings {
  readonly env?: Readonly<Record<string, string>>;
  /** Makes it the first of a process group, as a terminal does. */
  readonly ownGroup?: boolean;
}

/** Starts it; whatever happens, it is gone when the test is over. */
export function start(args: readonly string[], settings: StartSettings = {}): Started {
  const child = spawn(process.execPath, [...SCRIPT, ...args], {
    cwd: ROOT,
    env: { ...environment(), ...settings.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: settings.ownGroup === true,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const heard = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      heard[name] += text;
    });
  }
  const ending = new Promise<Ending>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...heard }));
  });
  return { child, pid: child.pid ?? 0, output: () => heard.stdout, ending };
}

/** Runs it to its end. */
export const startToEnd = (args: readonly string[], settings?: StartSettings): Promise<Ending> =>
  start(args, settings).ending;

/** A folder for one test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Nothing of the account and the test runner of whoever runs this. */
function environment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS_|VITEST)/.test(name));
  return Object.fromEntries(kept);
}
