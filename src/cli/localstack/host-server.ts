import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { InterruptedError } from '../../errors.ts';
import { LocalStackError } from './failure.ts';
import { type Installation, install } from './host-install.ts';
import { ASSETS, type Environment, type Place, VERSION } from './place.ts';
import { checkPort, type Server, untilUp, whoAnswers } from './server.ts';
import type { Steps } from './steps.ts';
import { findHostTools } from './tools.ts';

export interface ServerOptions {
  readonly place: Place;
  readonly env: Environment;
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

const START_MS = 180_000;
const STOP_MS = 20_000;
const PROGRAM = 'localstack.runtime.main';
const LOG_LINES_TOLD = 15;

/** LocalStack as a process of this machine, for where there is no Docker. */
export function hostServer(options: ServerOptions): Server {
  const { place, steps } = options;
  return {
    how: 'as a process of this machine',
    isRunning: async () => pidOf(place) !== undefined && (await whoAnswers(place)) === 'localstack',
    async start() {
      await checkPort(place);
      const { tools, missing } = await findHostTools(options.env);
      if (tools === undefined) throw toolsMissing(missing);
      const installation = await install({ ...options, tools });
      // What a process that was killed has left behind is of no use without it.
      await stopHost(place);
      await steps.step(`starting LocalStack ${VERSION} at ${place.endpoint}`, () =>
        startHost(options, installation),
      );
    },
    stop: () => stopHost(place),
  };
}

async function startHost(options: ServerOptions, installation: Installation): Promise<void> {
  const { place, signal } = options;
  const files = prepared(place, installation);
  const log = openSync(files.log, 'a');
  // A group of its own: whatever it starts ends with it.
  const child = spawn(installation.python, ['-m', PROGRAM], {
    cwd: place.run,
    env: hostEnvironment(options, installation),
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let failed = false;
  child.on('error', () => {
    failed = true;
  });
  child.unref();
  writeFileSync(files.pid, String(child.pid ?? ''));
  const until = AbortSignal.any([signal, AbortSignal.timeout(START_MS)]);
  const isUp = await untilUp(place, () => failed || child.exitCode !== null || until.aborted);
  if (isUp) return;
  const lines = tailOf(files.log);
  await stopProcesses(place);
  if (signal.aborted) throw new InterruptedError('starting LocalStack was interrupted');
  throw new LocalStackError(
    'START_FAILED',
    `LocalStack did not come up\n${lines}`,
    `All of it is in ${files.log}.`,
  );
}

const filesOf = ({ run }: Place) => ({
  pid: path.join(run, 'localstack.pid'),
  log: path.join(run, 'localstack.log'),
  root: path.join(run, 'fs'),
});

function prepared(place: Place, { lib }: Installation) {
  const files = filesOf(place);
  const data = path.join(files.root, 'var/lib/localstack');
  mkdirSync(data, { recursive: true });
  symlinkSync(lib, path.join(data, 'lib'));
  return files;
}

function hostEnvironment(
  { place, env }: ServerOptions,
  { folder }: Installation,
): NodeJS.ProcessEnv {
  const plugin = path.join(ASSETS, 'host-lambda');
  // Its own variables would say otherwise, and those of AWS and Node would reach the functions.
  const foreign = /^(AWS|LOCALSTACK|LAMBDA|PYTHON)_|^(NODE_OPTIONS|DEBUG|VITEST.*)$/;
  const rest = Object.entries(env).filter(([name]) => !foreign.test(name));
  return {
    ...Object.fromEntries(rest),
    PYTHONPATH: plugin,
    PYTHONPYCACHEPREFIX: path.join(folder, 'pycache'),
    XDG_CACHE_HOME: path.join(folder, 'cache'),
    FILESYSTEM_ROOT: filesOf(place).root,
    // Its listener for plain IPv4 ignores the address and binds all of them.
    GATEWAY_LISTEN: `[::ffff:127.0.0.1]:${place.port}`,
    LOCALSTACK_HOST: `127.0.0.1:${place.port}`,
    OVERRIDE_IN_DOCKER: '0',
    DISABLE_EVENTS: '1',
    SKIP_SSL_CERT_DOWNLOAD: '1',
    DNS_ADDRESS: '0',
    DYNAMODB_IN_MEMORY: '1',
    KINESIS_LATENCY: '0',
    KINESIS_MOCK_LOG_LEVEL: 'ERROR',
    KINESIS_SHARD_LIMIT: '200',
    LAMBDA_RUNTIME_EXECUTOR: 'host',
    HOST_LAMBDA_NODE: process.execPath,
    HOST_LAMBDA_RIC: path.join(plugin, 'ric.mjs'),
    LAMBDA_SYNCHRONOUS_CREATE: '1',
    LAMBDA_KEEPALIVE_MS: '60000',
    TZ: 'UTC',
  };
}

async function stopHost(place: Place): Promise<void> {
  await stopProcesses(place);
  rmSync(place.run, { recursive: true, force: true });
}

/** Asks the group to end, and makes it end if it does not. */
async function stopProcesses(place: Place): Promise<void> {
  const pid = pidOf(place);
  if (pid === undefined) return;
  signalGroup(pid, 'SIGTERM');
  const patience = AbortSignal.timeout(STOP_MS);
  while (groupOf(pid).length > 0) {
    if (patience.aborted) signalGroup(pid, 'SIGKILL');
    await sleepFor(100);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The process that `start` has written down, if it is still there and no other has taken its number. */
function pidOf(place: Place): number | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(filesOf(place).pid, 'utf8'));
  } catch {
    return undefined;
  }
  const isOurs = groupOf(pid).some(({ command }) => command.includes(place.home));
  return pid > 0 && isOurs ? pid : undefined;
}

/** What runs in a group of processes; what has ended and was not fetched does not run. */
function groupOf(group: number): { readonly command: string }[] {
  const all = execFileSync('ps', ['-A', '-o', 'pgid=,stat=,args='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
  return all.split('\n').flatMap((line) => {
    const [, pgid, state = '', command = ''] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return Number(pgid) === group && !state.startsWith('Z') ? [{ command }] : [];
  });
}

const tailOf = (file: string): string =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(-LOG_LINES_TOLD)
    .map((line) => `  ${line}`)
    .join('\n');

const toolsMissing = (missing: readonly string[]): LocalStackError =>
  new LocalStackError(
    'TOOL_MISSING',
    `LocalStack without Docker needs ${missing.join(', ')}`,
    'Install what is missing, or start Docker.',
  );
