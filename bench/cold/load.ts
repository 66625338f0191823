import { execFileSync } from 'node:child_process';
import { RESOURCES_VARIABLE } from '../../src/environment.ts';

/** What a process took to load a bundle, ms. */
export interface Load {
  /** User and system time, all threads. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

const LOADING = `
  const cpuBefore = process.cpuUsage();
  const begun = performance.now();
  if (process.argv[1]) require(process.argv[1]);
  const wallMs = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpuBefore);
  console.log(JSON.stringify({ cpuMs: (user + system) / 1000, wallMs }));`;

/** As a deployment tells the handler. */
const RESOURCES = {
  control: 'control',
  state: 'state',
  deadLetters: { kind: 'table', name: 'letters' },
  sources: { clicks: { kind: 'kinesis', name: 'clicks' } },
  sinks: { 'page-clicks': { kind: 'table', name: 'page-clicks' } },
  lateEvents: {},
  lookups: {},
};

/** Loads a file in a new process, as far as a function is loaded before its first event. */
export function load(file: string): Load {
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    AWS_REGION: 'us-east-1',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    [RESOURCES_VARIABLE]: JSON.stringify(RESOURCES),
  };
  const told = execFileSync(process.execPath, ['-e', LOADING, file], { env, encoding: 'utf8' });
  return JSON.parse(told) as Load;
}
