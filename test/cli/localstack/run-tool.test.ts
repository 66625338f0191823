import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runTool, type ToolCall } from '../../../src/cli/localstack/run-tool.ts';
import { isAlive } from '../../end-to-end/processes.ts';
import { until } from '../../end-to-end/until.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tidemark-tool-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('writes down what a tool says, and passes it on', async () => {
  const lines: string[] = [];
  await runTool(shell('echo one; echo two >&2', { onLine: (line) => lines.push(line) }));
  expect(lines.sort()).toEqual(['one', 'two']);
  await until(() => logged().includes('two'));
  expect(logged()).toContain('one\n');
});

test('tells the last lines of a tool that fails, and where the rest is', async () => {
  const failing = runTool(shell('for n in $(seq 100); do echo line $n; done; exit 3'));
  await expect(failing).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    message: expect.stringMatching(/^a tool failed: it ended with 3\n {2}line 89\n.*line 100$/s),
    hint: expect.stringContaining('tool.log'),
  });
});

test('tells of a tool that is not there', async () => {
  const missing = runTool({ ...shell(''), command: path.join(folder, 'none') });
  await expect(missing).rejects.toThrow('ENOENT');
});

test('ends a tool with all that it has started when it is interrupted', async () => {
  const controller = new AbortController();
  const file = path.join(folder, 'pid');
  const running = runTool(
    shell(`sleep 300 & echo $! > ${file}.new; mv ${file}.new ${file}; wait`, {
      signal: controller.signal,
    }),
  );
  const failed = expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await until(() => existsSync(file));
  controller.abort();
  await failed;
  const pid = Number(readFileSync(file, 'utf8'));
  await until(() => !isAlive(pid));
});

const logged = (): string => readFileSync(path.join(folder, 'tool.log'), 'utf8');

const shell = (script: string, more: Partial<ToolCall> = {}): ToolCall => ({
  command: 'sh',
  args: ['-c', script],
  log: path.join(folder, 'tool.log'),
  signal: new AbortController().signal,
  code: 'DEPLOY_FAILED',
  what: 'a tool',
  ...more,
});
