import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { localstack } from '../../../src/cli/localstack/command.ts';
import { VERSION } from '../../../src/cli/localstack/place.ts';
import { findHostTools } from '../../../src/cli/localstack/tools.ts';
import { freePort } from '../../support/free-port.ts';

const scripts: Readonly<Record<string, string>> = manifest.scripts;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tidemark-localstack-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a wrong call', () => {
  test.each([
    [['--port', '0'], 'It takes a whole number from 1 to 65535.'],
    [['--events', 'many'], 'It takes a whole number'],
    [['--host', '--docker'], 'cannot be used with'],
    [['--colour'], "unknown option '--colour'"],
    [['sideways'], 'too many arguments'],
    [['up', '--split'], "unknown option '--split'"],
    [['down', '--no-sample'], "unknown option '--no-sample'"],
  ])('%j', async (argv, message) => {
    const { code, err } = await called(argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test('names a file that is not there', async () => {
    const { code, err } = await called(['--input', path.join(folder, 'none.jsonl')]);
    expect(code).toBe(1);
    expect(err).toContain('none.jsonl');
  });
});

describe('--help', () => {
  test.each([
    [['--help'], 'localstack'],
    [['up', '--help'], 'localstack'],
    [['down', '--help'], 'localstack:down'],
  ])('of %j says how npm is told, and is no failure', async (argv, script) => {
    const { code, out, err } = await called(argv);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')[0]).toBe(`Usage: npm run ${script} -- [options]`);
    expect(Object.keys(scripts)).toContain(script);
    expect(out.includes('TIDEMARK_LOCALSTACK_HOME')).toBe(script === 'localstack');
  });

  test('is of what npm calls: without a word of its own, so that `up` may be said', () => {
    expect(scripts.localstack).toMatch(/localstack\.ts$/);
    expect(scripts['localstack:down']).toMatch(/localstack\.ts down$/);
  });
});

test.each([[['up', '--no-sample']], [['--no-sample']]])('%j is taken', async (argv) => {
  const env = { PATH: folder, PYENV_ROOT: folder };
  const port = String(await freePort());
  const { code, err } = await called([...argv, '--host', '--port', port], env);
  expect({ code, err }).toMatchObject({
    code: 1,
    err: expect.stringContaining('needs Python 3.13'),
  });
});

describe('a port that is taken', () => {
  let server: Server | undefined;
  afterEach(() => void server?.close());

  test.each([
    ['another program', 'hello'],
    ['another program', '{"version":"3.0.0"}'],
    ['a LocalStack that this command did not start', `{"version":"${VERSION}"}`],
  ])('by %s', async (who, answer) => {
    server = createServer((_, response) => void response.end(answer));
    await new Promise<void>((resolve) => {
      server?.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const { code, err } = await called(['--host', '--port', String(port)]);
    expect({ code, err }).toEqual({
      code: 1,
      err:
        `error: port ${port} is taken by ${who}\n` +
        'End it, or choose another port: npm run localstack -- --port 4567.\n',
    });
  });
});

describe('tools that are missing', () => {
  test('are all named, with where they are looked for', async () => {
    const env = { PATH: folder, PYENV_ROOT: folder };
    const { code, err } = await called(['--host', '--port', String(await freePort())], env);
    expect(code).toBe(1);
    expect(err).toBe(
      'error: LocalStack without Docker needs Python 3.13 (python3.13 on the path, or its path in ' +
        'PYTHON313), Java 17 or later (java on the path), Maven (mvn on the path)\n' +
        'Install what is missing, or start Docker.\n',
    );
  });

  test('are those of other versions, too', async () => {
    const bin = mkdtempSync(path.join(folder, 'bin-'));
    const env = { PATH: bin, PYENV_ROOT: bin };
    script(bin, 'python3', 'echo 3.12; echo /usr/bin/python3');
    script(bin, 'java', 'echo "java.specification.version = 11"; echo "java.home = /java"');
    script(bin, 'mvn', 'echo Apache Maven 3.8');
    expect((await findHostTools(env)).missing).toEqual([
      expect.stringContaining('Python 3.13'),
      expect.stringContaining('Java 17'),
    ]);
    script(bin, 'python3', 'echo 3.13; echo /usr/bin/python3');
    script(bin, 'java', 'echo "  java.specification.version = 21"; echo "  java.home = /java"');
    expect(await findHostTools(env)).toEqual({
      tools: { python: '/usr/bin/python3', javaHome: '/java', maven: 'mvn' },
      missing: [],
    });
  });
});

/** Without anything of its caller's but where programs are. */
async function called(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const said = { out: '', err: '' };
  const screen = (name: 'out' | 'err') => ({
    write: (text: string) => {
      said[name] += text;
    },
  });
  const code = await localstack(
    argv,
    { out: screen('out'), err: screen('err'), now: () => 0, signal: new AbortController().signal },
    { PATH: process.env.PATH, TIDEMARK_LOCALSTACK_HOME: folder, ...env },
  );
  return { code, ...said };
}

function script(bin: string, name: string, body: string): void {
  const file = path.join(bin, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}
