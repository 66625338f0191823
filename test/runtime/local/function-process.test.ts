import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { childModule } from '../../../src/runtime/local/child-module.ts';
import {
  type FunctionProcessOptions,
  functionProcess,
} from '../../../src/runtime/local/function-process.ts';
import { until } from './servers.ts';

const module = new URL('./function-handler.ts', import.meta.url);

test('answers cross, and so do the context and the environment', async () => {
  const fn = started({ env: { GREETING: 'hello' }, timeoutMs: 9_000 });
  expect(await fn.invoke({ do: 'answer', with: { a: [1, null] } })).toEqual({ a: [1, null] });
  expect(await fn.invoke({ do: 'nothing' })).toBeUndefined();
  expect(await fn.invoke({ do: 'environment' })).toBe('hello');
  expect(await fn.invoke({ do: 'context' })).toEqual({
    awsRequestId: expect.any(String),
    functionName: expect.any(String),
    remainingMs: expect.toSatisfy((ms: number) => ms > 5_000 && ms <= 9_000),
  });
});

test('what the handler throws comes back with its name, message and code', async () => {
  const fn = started();
  await expect(fn.invoke({ do: 'throw' })).rejects.toMatchObject({
    name: 'FencedError',
    message: 'somebody else has it',
    code: 'FENCED',
  });
  expect(await fn.invoke({ do: 'answer', with: 1 })).toBe(1); // The process goes on.
});

test('several invocations may be in flight', async () => {
  const fn = started();
  const waiting = fn.invoke({ do: 'wait' });
  await fn.invoke({ do: 'release' });
  expect(await waiting).toBe('released');
});

test('killed in the middle: what is in flight rejects, and the next one has a new process', async () => {
  const fn = started();
  const inFlight = [fn.invoke({ do: 'wait' }), fn.invoke({ do: 'wait' })];
  const settled = Promise.allSettled(inFlight);
  const first = await fn.invoke({ do: 'pid' });
  fn.kill();
  const next = fn.invoke({ do: 'pid' }); // At once, while the old one is still dying.
  for (const result of await settled) {
    expect(result).toMatchObject({
      status: 'rejected',
      reason: { code: 'UNAVAILABLE', message: expect.stringContaining('died (SIGKILL)') },
    });
  }
  expect(await next).not.toBe(first);
});

test('a process that ends by itself rejects what is in flight', async () => {
  const fn = started();
  await expect(fn.invoke({ do: 'exit' })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('exit code 3'),
  });
  expect(await fn.invoke({ do: 'answer', with: 1 })).toBe(1);
});

test('an invocation that takes too long is killed, and all others with it', async () => {
  const fn = started({ timeoutMs: 1_500 });
  const pid = await fn.invoke({ do: 'pid' });
  await expect(fn.invoke({ do: 'wait' })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('timed out after 1500 ms'),
  });
  await until(() => !isAlive(Number(pid)));
});

test('what the function says is heard, numbers that JSON lacks included', async () => {
  const fn = started();
  const heard: unknown[] = [];
  fn.onMessage((message) => heard.push(message));
  await fn.invoke({ do: 'say' });
  expect(heard).toEqual([{ observation: { watermark: Number.NEGATIVE_INFINITY } }]);
});

test('a module that cannot be loaded, or has no handler, rejects the invocation', async () => {
  const missing = started({ module: new URL('./no-such-file.ts', import.meta.url) });
  await expect(missing.invoke({})).rejects.toThrow(/no-such-file/);
  const empty = started({ module: new URL('./no-handler.ts', import.meta.url) });
  await expect(empty.invoke({})).rejects.toThrow('no function named "handler"');
});

test('stopped for good', async () => {
  const fn = started();
  const pid = Number(await fn.invoke({ do: 'pid' }));
  await fn.stop();
  expect(isAlive(pid)).toBe(false);
  await expect(fn.invoke({})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('the process is gone after its parent was killed', async () => {
  const path = fileURLToPath(new URL('./function-parent.ts', import.meta.url));
  const parent = fork(path, [], { execArgv: childModule('any', import.meta.url).execArgv });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [pid] = await once(parent, 'message');
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until(() => !isAlive(pid));
});

function started(options: Partial<FunctionProcessOptions> = {}) {
  const fn = functionProcess({ module, ...options });
  onTestFinished(() => fn.stop());
  return fn;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
