import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { InterruptedError } from '../../errors.ts';
import { LocalStackError } from './failure.ts';
import { type Installation, install } from './host-install.ts';
import { ASSETS, type Place, VERSION } from './place.ts';
import { checkPort, type Server, type ServerOptions, untilUp, whoAnswers } from './server.ts';
import { findHostTools } from './tools.ts';

const START_MS = 180_000;
const STOP_MS = 30_000;
const PROGRAM = 'localstack.runtime.main';
const LOG_LINES_TOLD = 15;

/** LocalStack as a process of this machine, for where there is no Docker. */
export function hostServer(options: ServerOptions): Server {
  const { place, steps } = options;
  return {
    how: 'as a process of this machine',
    isRunning: async () =>
      processesOf(place).some(({ isMain }) => isMain) && (await whoAnswers(place)) === 'localstack',
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
  prepare(place, installation);
  const logFile = path.join(place.run, 'localstack.log');
  const log = openSync(logFile, 'a');
  // A group of its own, so that no Ctrl-C reaches it.
  const child = spawn(installation.python, ['-X', markOf(place), '-m', PROGRAM], {
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
  const until = AbortSignal.any([signal, AbortSignal.timeout(START_MS)]);
  const isUp = await untilUp(place, () => failed || child.exitCode !== null || until.aborted);
  if (isUp) return;
  const lines = tailOf(logFile);
  await stopProcesses(place);
  if (signal.aborted) throw new InterruptedError('starting LocalStack was interrupted');
  throw new LocalStackError(
    'START_FAILED',
    `LocalStack did not come up\n${lines}`,
    `All of it is in ${logFile}.`,
  );
}

const rootOf = ({ run }: Place): string => path.join(run, 'fs');

const libOf = (place: Place): string => path.join(rootOf(place), 'var/lib/localstack/lib');

/** Where everything that runs puts what it would leave in the folder of all. */
const temporaryOf = ({ run }: Place): string => path.join(run, 'tmp');

function prepare(place: Place, { lib }: Installation): void {
  mkdirSync(path.dirname(libOf(place)), { recursive: true });
  mkdirSync(temporaryOf(place));
  symlinkSync(lib, libOf(place));
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
    TMPDIR: temporaryOf(place),
    // Java does not ask TMPDIR. DynamoDB Local leaves a library of SQLite there each time.
    JAVA_TOOL_OPTIONS: `${env.JAVA_TOOL_OPTIONS ?? ''} '-Djava.io.tmpdir=${temporaryOf(place)}' -XX:-UsePerfData`,
    FILESYSTEM_ROOT: rootOf(place),
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

/** Asks LocalStack to end, which ends what it has started, and makes everything end if it does not. */
async function stopProcesses(place: Place): Promise<void> {
  for (const { pid, isMain } of processesOf(place)) if (isMain) signal(pid, 'SIGTERM');
  const patience = AbortSignal.timeout(STOP_MS);
  for (let left = processesOf(place); left.length > 0; left = processesOf(place)) {
    const isOrphaned = !left.some(({ isMain }) => isMain);
    if (isOrphaned || patience.aborted) for (const { pid } of left) signal(pid, 'SIGKILL');
    await sleepFor(100);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Python ignores an option of this kind that it does not know; it tells whose process it is. */
const markOf = ({ run }: Place): string => `tidemark=${run}`;

interface OwnProcess {
  readonly pid: number;
  /** LocalStack itself; the others are its servers of Kinesis and DynamoDB, and functions. */
  readonly isMain: boolean;
}

/**
 * What runs for this place, known by what it was called with: a number that was written down may be
 * another's by now, and the servers of LocalStack survive its sudden death.
 */
function processesOf(place: Place): OwnProcess[] {
  const listed = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,pgid=,stat=,args='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
  const all = listed.split('\n').flatMap((line) => {
    const [, pid, group, state = '', command = ''] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    // What has ended and was not fetched does not run.
    return pid === undefined || state.startsWith('Z') ? [] : [{ pid, group, command }];
  });
  const mark = `-X ${markOf(place)} `;
  const mains = all.filter(({ command }) => command.includes(mark)).map(({ pid }) => pid);
  const isOwn = ({ pid = '', group = '', command = '' }) =>
    mains.includes(pid) || mains.includes(group) || command.includes(libOf(place));
  return all.filter(isOwn).map(({ pid }) => ({ pid: Number(pid), isMain: mains.includes(pid) }));
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
