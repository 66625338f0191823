import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the driver needs no vitest: node:test runs it too', async () => {
  const file = path.join(import.meta.dirname, 'driver.node.ts');
  const flags = ['--conditions=tidemark-source', '--import', 'tsx', '--test', file];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { env: ENV });
  expect(stdout).toMatch(/pass 1$/m);
  expect(stdout).toMatch(/fail 0$/m);
});

/** Without what vitest tells its own processes. */
const { NODE_OPTIONS: _, VITEST: __, ...ENV } = process.env;
