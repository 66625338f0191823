import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { InterruptedError } from '../../errors.ts';
import { LocalStackError, type LocalStackErrorCode } from './failure.ts';
import type { Environment } from './place.ts';

/** A program of somebody else that is run to its end. */
export interface ToolCall {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Environment;
  /** Everything that it says is added to this file. */
  readonly log: string;
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
  /** What is thrown when it fails. */
  readonly code: LocalStackErrorCode;
  /** What it does, as in "… failed". */
  readonly what: string;
  /** What can be done then, beside reading the file. */
  readonly hint?: string;
}

const LINES_TOLD = 12;
const GO_ON = { hint: 'The same command goes on; npm run localstack:down ends what runs.' };

/**
 * Runs a program, and throws its last lines if it fails.
 *
 * @throws LocalStackError with the code of the call; InterruptedError if the signal aborts
 */
export async function runTool(call: ToolCall): Promise<void> {
  mkdirSync(path.dirname(call.log), { recursive: true });
  const log = createWriteStream(call.log, { flags: 'a' });
  const last: string[] = [];
  const said = new PassThrough();
  createInterface({ input: said }).on('line', (line) => {
    log.write(`${line}\n`);
    last.push(line);
    if (last.length > LINES_TOLD) last.shift();
    call.onLine?.(line);
  });
  try {
    const failure = await ended(call, said);
    if (call.signal.aborted) throw new InterruptedError(`${call.what} was interrupted`, GO_ON);
    if (failure === undefined) return;
    const lines = [`${call.what} failed: ${failure}`, ...last.map((line) => `  ${line}`)];
    throw new LocalStackError(
      call.code,
      lines.join('\n'),
      [`All of it is in ${call.log}.`, call.hint ?? []].flat().join(' '),
    );
  } finally {
    log.end();
  }
}

/** Resolves with why it failed, or with nothing. */
function ended(
  { command, args, cwd, env, signal }: ToolCall,
  said: PassThrough,
): Promise<string | undefined> {
  const child = spawn(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...(env ?? process.env) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it starts can be ended with it.
    detached: true,
  });
  child.stdout.pipe(said, { end: false });
  child.stderr.pipe(said, { end: false });
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
  };
  signal.addEventListener('abort', end, { once: true });
  return new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, killedBy) => {
      said.end(() => resolve(code === 0 ? undefined : `it ended with ${code ?? killedBy}`));
    });
  }).finally(() => signal.removeEventListener('abort', end));
}
