import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** What people call. */
const SCRIPT = path.join(import.meta.dirname, 'run.ts');

test.concurrent.each([
  ['--help', 0, /^Usage: npm run conformance -- \[options\] <dir>\n/],
  [undefined, 2, /^error: missing required argument 'dir'\n$/],
  ['no-such-folder', 2, /^error: the vectors cannot be read: ENOENT: .* 'no-such-folder'\n$/],
])('conformance %s says what it wants', async (argument, code, told) => {
  expect(await run(argument)).toEqual({ code, told: expect.stringMatching(told) });
});

test('what is no vector is named', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-vectors-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(await run(folder)).toEqual({
    code: 2,
    told: `error: there are no vectors under '${folder}'\n`,
  });
  const file = path.join(folder, 'package.json');
  writeFileSync(file, '{"name": "something"}');
  expect(await run(folder)).toEqual({
    code: 2,
    told: `error: the vectors cannot be read: ${file} is no vector\n`,
  });
});

function run(argument: string | undefined): Promise<{ code: number; told: string }> {
  const args = ['--conditions=tidemark-source', '--import', 'tsx', SCRIPT];
  return new Promise((resolve) => {
    execFile(process.execPath, [...args, ...(argument ? [argument] : [])], (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), told: out + err }),
    );
  });
}
