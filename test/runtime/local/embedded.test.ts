import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { childModule } from '../../../src/runtime/local/child-module.ts';
import { type Embedded, startEmbedded } from '../../../src/runtime/local/embedded.ts';
import { until } from './servers.ts';

test('both servers answer, on loopback only, until they are stopped', async () => {
  const embedded = await startEmbedded();
  for (const endpoint of endpoints(embedded))
    expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await answering(embedded)).toEqual([true, true]);
  await embedded.stop();
  expect(await answering(embedded)).toEqual([false, false]);
  await embedded.stop(); // Once more does no harm.
});

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'they are gone after the parent got %s',
  async (signal) => {
    const { parent, embedded } = await parentProcess();
    expect(await answering(embedded)).toEqual([true, true]);
    parent.kill(signal);
    await until(async () => !(await answering(embedded)).includes(true));
  },
);

test('they outlive Ctrl-C, which reaches the whole group, and do not keep their parent alive', async () => {
  const { parent, embedded } = await parentProcess({ detached: true });
  parent.send('ignore SIGINT');
  await once(parent, 'message');
  process.kill(-(parent.pid ?? 0), 'SIGINT');
  parent.send('still there?');
  await once(parent, 'message');
  expect(await answering(embedded)).toEqual([true, true]);
  const exited = once(parent, 'exit');
  parent.disconnect(); // Nothing is left that keeps it alive but the servers.
  expect(await exited).toEqual([0, null]);
  await until(async () => !(await answering(embedded)).includes(true));
});

test('a package that is not installed is named, with what to do', async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), 'tidemark-'));
  onTestFinished(() => rm(elsewhere, { recursive: true }));
  for (const part of ['package.json', 'src', 'test/runtime/local/embedded-parent.ts']) {
    await cp(join(root, part), join(elsewhere, part), { recursive: true });
  }
  // The loader is found there, the servers are not.
  await mkdir(join(elsewhere, 'node_modules'));
  await symlink(join(root, 'node_modules/tsx'), join(elsewhere, 'node_modules/tsx'));
  const { answer } = await parentProcess({ from: elsewhere });
  expect(answer).toMatchObject({
    code: 'EMBEDDED_FAILED',
    message: 'the package "kinesalite" is not installed',
    hint: expect.stringContaining('npm install --save-dev kinesalite@3 dynalite@4'),
  });
});

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A process that has started the servers, and what it said. */
async function parentProcess({ detached = false, from = root } = {}) {
  const path = join(from, 'test/runtime/local/embedded-parent.ts');
  const { execArgv } = childModule('any', pathToFileURL(path).href);
  const parent = fork(path, [], { execArgv, detached });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [answer] = await once(parent, 'message');
  return { parent, answer, embedded: answer as Endpoints };
}

type Endpoints = Pick<Embedded, 'kinesisEndpoint' | 'dynamodbEndpoint'>;

const endpoints = (of: Endpoints): string[] => [of.kinesisEndpoint, of.dynamodbEndpoint];

const answering = (of: Endpoints): Promise<boolean[]> =>
  Promise.all(
    endpoints(of).map((endpoint) =>
      fetch(endpoint).then(
        () => true,
        () => false,
      ),
    ),
  );
