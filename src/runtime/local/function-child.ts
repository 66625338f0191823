/**
 * The child process behind `functionProcess`: imports a module that exports `handler`, and calls
 * it for every event. Lambda runs one invocation a sandbox at a time; here several may be in flight
 * in one process, and share whatever the module keeps.
 */
import {
  type InvokeMessage,
  LOADING,
  type ReplyMessage,
  type ThrownError,
} from './function-protocol.ts';

type Handler = (event: unknown, context: unknown) => Promise<unknown>;

// The parent is gone, however it went: nobody is left to answer to.
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole process group. The parent lets invocations in flight end.
process.on('SIGINT', () => {});

if (process.connected) await main();
else process.exit(0);

async function main(): Promise<void> {
  try {
    const handle = await loadHandler();
    process.on('message', (message: InvokeMessage) => void answer(handle, message));
    reply({ kind: 'answered', id: LOADING, answer: undefined });
  } catch (error) {
    // A fresh process loads the module again: it may have been repaired.
    reply({ kind: 'threw', id: LOADING, error: thrown(error) }, () => process.exit(1));
  }
}

async function answer(handle: Handler, message: InvokeMessage): Promise<void> {
  try {
    const result = await handle(JSON.parse(message.event), contextOf(message));
    reply({ kind: 'answered', id: message.id, answer: JSON.stringify(result) });
  } catch (error) {
    reply({ kind: 'threw', id: message.id, error: thrown(error) });
  }
}

async function loadHandler(): Promise<Handler> {
  const [, , url = ''] = process.argv;
  const module: { handler?: unknown } = await import(url);
  if (typeof module.handler === 'function') return module.handler as Handler;
  throw new TypeError('the module exports no function named "handler"');
}

/** As much of Lambda's context as handlers commonly read. */
function contextOf({ id, deadline }: InvokeMessage): object {
  return {
    awsRequestId: `local-${process.pid}-${id}`,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'local',
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function thrown(error: unknown): ThrownError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { name, message, ...(code && { code }), ...(stack && { stack }) };
}

function reply(message: ReplyMessage, then: () => void = () => {}): void {
  process.send?.(message, undefined, undefined, then);
}
