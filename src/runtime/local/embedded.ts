import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { ConfigurationError } from '../../errors.ts';
import { childModule } from './child-module.ts';
import type { EmbeddedMessage } from './embedded-process.ts';

/** A Kinesis API and a DynamoDB API on localhost, in memory, gone with this process. */
export interface Embedded {
  /** Speaks HTTP/1.1 only: give the Kinesis client a NodeHttpHandler, its default is HTTP/2. */
  readonly kinesisEndpoint: string;
  readonly dynamodbEndpoint: string;
  /** Ends the servers and forgets everything in them. */
  stop(): Promise<void>;
}

const START_MS = 30_000;
const STOP_MS = 3_000;

/**
 * Starts both servers in one child process, on free ports of 127.0.0.1. They end when this process
 * ends, however it ends, and do not keep it alive. Throws ConfigurationError EMBEDDED_FAILED.
 */
export async function startEmbedded(): Promise<Embedded> {
  const { path, execArgv } = childModule('embedded-process', import.meta.url);
  const child = fork(path, [], {
    execArgv,
    // Both packages use interfaces that Node deprecates; nobody here can act on the warnings.
    env: { ...process.env, NODE_NO_WARNINGS: '1', NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ports = await readyPorts(child);
  child.unref();
  child.channel?.unref();
  return {
    kinesisEndpoint: `http://127.0.0.1:${ports.kinesisPort}`,
    dynamodbEndpoint: `http://127.0.0.1:${ports.dynamodbPort}`,
    stop: () => stopChild(child),
  };
}

type Ports = Extract<EmbeddedMessage, { kind: 'ready' }>;

function readyPorts(child: ChildProcess): Promise<Ports> {
  return new Promise((resolve, reject) => {
    const fail = (error: ConfigurationError): void => {
      settle();
      child.kill('SIGKILL');
      reject(error);
    };
    const onMessage = (message: EmbeddedMessage): void => {
      if (message.kind === 'failed') {
        fail(failure(message));
      } else {
        settle();
        resolve(message);
      }
    };
    const onExit = (code: number | null): void => fail(died(`exited with code ${code}`));
    const onError = (error: Error): void => fail(died(error.message));
    const timer = setTimeout(() => fail(died(`gave no sign in ${START_MS} ms`)), START_MS);
    const settle = (): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit).off('error', onError);
    };
    child.on('message', onMessage).on('exit', onExit).on('error', onError);
  });
}

function failure(message: Extract<EmbeddedMessage, { kind: 'failed' }>): ConfigurationError {
  if (message.missing === undefined) return died(message.what);
  return new ConfigurationError(
    'EMBEDDED_FAILED',
    `the package "${message.missing}" is not installed`,
    'Run "npm install --save-dev kinesalite@3 dynalite@4", or name the endpoints of servers that run already.',
  );
}

const died = (what: string): ConfigurationError =>
  new ConfigurationError(
    'EMBEDDED_FAILED',
    `the embedded servers did not start: ${what}`,
    'Read what the process printed above, or name the endpoints of servers that run already.',
  );

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const exited = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  // Disconnecting is what the death of this process looks like to the child: one way to end.
  if (child.connected) child.disconnect();
  await exited;
  clearTimeout(timer);
}
