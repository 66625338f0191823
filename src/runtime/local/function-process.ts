import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { UnavailableError } from '../../errors.ts';
import { childModule } from './child-module.ts';
import {
  type InvokeMessage,
  isReply,
  LOADING,
  type ReplyMessage,
  type ThrownError,
} from './function-protocol.ts';

/** A function, and how it is run. */
export interface FunctionProcessOptions {
  /** A module that exports `handler`, as Lambda wants it. */
  readonly module: URL;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long an invocation may take, ms; default 60,000. Loading the module has its own 30,000. */
  readonly timeoutMs?: number;
}

/** A function in a process of its own, which may die at any time, as on AWS. */
export interface FunctionProcess {
  /**
   * Calls the handler; starts the process if there is none. Rejects with what the handler threw
   * (name, message, code), or with UnavailableError if the process died or took too long.
   */
  invoke(event: unknown): Promise<unknown>;
  /** Kills the process, SIGKILL by default. Invocations in flight reject; the next one starts a new process. */
  kill(signal?: FatalSignal): void;
  /** The id of the running process. */
  pid(): number | undefined;
  /** Hears what the function's code says by `process.send`. */
  onMessage(listener: (message: unknown) => void): void;
  /** Ends the process for good. */
  stop(): Promise<void>;
}

/** A Lambda sandbox as a child process, gone with this process. */
export function functionProcess(options: FunctionProcessOptions): FunctionProcess {
  const listeners: ((message: unknown) => void)[] = [];
  let sandbox: Sandbox | undefined;
  let stopped = false;
  const running = (): Sandbox => {
    if (stopped) throw unavailable('was stopped');
    if (sandbox === undefined || !sandbox.child.connected) {
      sandbox = startSandbox(options, (message) => {
        for (const listener of listeners) listener(message);
      });
    }
    return sandbox;
  };
  return {
    invoke: async (event) => invokeIn(running(), event, options.timeoutMs ?? 60_000),
    kill(signal = 'SIGKILL') {
      sandbox?.child.kill(signal);
      // It takes a moment to die, and the next invocation must not go down with it.
      sandbox = undefined;
    },
    pid: () => sandbox?.child.pid,
    onMessage: (listener) => void listeners.push(listener),
    async stop() {
      stopped = true;
      if (sandbox !== undefined) await end(sandbox);
    },
  };
}

/** What a process can be ended with. */
export type FatalSignal = 'SIGKILL' | 'SIGTERM';

interface Sandbox {
  readonly child: ChildProcess;
  /** Settles when the module is loaded; rejects if it cannot be. */
  readonly loaded: Promise<unknown>;
  readonly inFlight: Map<number, Invocation>;
  invocations: number;
}

type Loading = Omit<Sandbox, 'loaded'>;

interface Invocation {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

function startSandbox(
  { module, env }: FunctionProcessOptions,
  onMessage: (message: unknown) => void,
): Sandbox {
  const { path, execArgv } = childModule('function-child', import.meta.url);
  const child = fork(path, [module.href], {
    execArgv,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Messages of the function's code may hold what JSON cannot, such as -Infinity.
    serialization: 'advanced',
  });
  const sandbox = { child, inFlight: new Map<number, Invocation>(), invocations: LOADING };
  child.on('message', (message) => {
    if (isReply(message)) settle(sandbox, message);
    else onMessage(message);
  });
  child.on('exit', (code, signal) => rejectAll(sandbox, `died (${signal ?? `exit code ${code}`})`));
  child.on('error', (error) => rejectAll(sandbox, `failed (${error.message})`));
  // As on AWS, the time it takes to load the module is not taken from the invocation's.
  const loaded = replyTo(sandbox, LOADING, LOAD_MS);
  loaded.catch(() => {}); // Told to those who invoke.
  return Object.assign(sandbox, { loaded });
}

const LOAD_MS = 30_000;

async function invokeIn(sandbox: Sandbox, event: unknown, timeoutMs: number): Promise<unknown> {
  await sandbox.loaded;
  sandbox.invocations += 1;
  const id = sandbox.invocations;
  const message: InvokeMessage = {
    kind: 'invoke',
    id,
    event: JSON.stringify(event),
    deadline: Date.now() + timeoutMs,
  };
  const answer = replyTo(sandbox, id, timeoutMs);
  sandbox.child.send(message, (error) => {
    if (error) take(sandbox, id)?.reject(unavailable(`cannot be reached (${error.message})`));
  });
  return answer;
}

function replyTo(sandbox: Loading, id: number, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      take(sandbox, id)?.reject(unavailable(`timed out after ${timeoutMs} ms`));
      sandbox.child.kill('SIGKILL');
    }, timeoutMs);
    sandbox.inFlight.set(id, { resolve, reject, timer });
    hold(sandbox);
  });
}

function settle(sandbox: Loading, message: ReplyMessage): void {
  const invocation = take(sandbox, message.id);
  if (message.kind === 'threw') invocation?.reject(asError(message.error));
  else invocation?.resolve(message.answer === undefined ? undefined : JSON.parse(message.answer));
}

function rejectAll(sandbox: Loading, what: string): void {
  for (const id of [...sandbox.inFlight.keys()]) take(sandbox, id)?.reject(unavailable(what));
}

function take(sandbox: Loading, id: number): Invocation | undefined {
  const invocation = sandbox.inFlight.get(id);
  clearTimeout(invocation?.timer);
  sandbox.inFlight.delete(id);
  hold(sandbox);
  return invocation;
}

/** Keeps this process alive while, and only while, an answer is awaited. */
function hold({ child, inFlight }: Loading): void {
  const how = inFlight.size > 0 ? 'ref' : 'unref';
  child[how]();
  child.channel?.[how]();
}

async function end({ child }: Sandbox): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

// The handler's own error, as far as it crossed: it belongs to no family of ours.
const asError = ({ message, ...rest }: ThrownError): Error =>
  Object.assign(new Error(message), rest);

const unavailable = (what: string): UnavailableError =>
  new UnavailableError(`the function's process ${what}`, {
    hint: 'Invoke it again: the next invocation starts a new process.',
  });
