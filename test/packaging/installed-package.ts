import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';

export const root = path.resolve(import.meta.dirname, '../..');

/**
 * A project in an empty folder, outside of the repository, into which npm has installed what `npm pack`
 * makes. Its dependency comes from the repository, so that nothing is asked of a registry; what else users
 * install beside it, the AWS clients and CDK, is linked.
 */
export function installedPackage() {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidemark-installed-'));
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    const tarball = packed(folder);
    const local = ['commander', 'zod'].map((name) => path.join(root, 'node_modules', name));
    const flags = ['--offline', '--no-audit', '--no-fund', '--no-save', '--install-links=false'];
    npm(folder, ['install', ...flags, tarball, ...local]);
    for (const name of BESIDE) link(name, folder);
    link('.bin/esbuild', folder);
  }, 240_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    path: (name: string): string => path.join(folder, name),
    write: (name: string, text: string): string => {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
      return path.join(folder, name);
    },
    /** Runs node there, and returns what it prints. */
    node: (args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = folder): string =>
      execFileSync(process.execPath, args, {
        cwd,
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: '', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    bin: (name: string): string => path.join(folder, 'node_modules/.bin', name),
  };
}

/** A build that is older than its sources would be another package. */
function packed(folder: string): string {
  const built = statSync(path.join(root, 'dist/index.js'), { throwIfNoEntry: false });
  if (built === undefined || built.mtimeMs < newest('src')) npm(root, ['run', 'build']);
  const json = npm(root, ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
  const [{ filename }] = JSON.parse(json) as [{ filename: string }];
  return path.join(folder, filename);
}

const newest = (name: string): number =>
  Math.max(
    ...readdirSync(path.join(root, name), { recursive: true, encoding: 'utf8' }).map(
      (file) => statSync(path.join(root, name, file)).mtimeMs,
    ),
    ...['package.json', 'tsdown.config.ts'].map((file) => statSync(path.join(root, file)).mtimeMs),
  );

function npm(cwd: string, args: readonly string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function link(name: string, folder: string): void {
  const place = path.join(folder, 'node_modules', name);
  mkdirSync(path.dirname(place), { recursive: true });
  symlinkSync(path.join(root, 'node_modules', name), place);
}

export const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
};

/** What the package says that some of its paths need, and what the starter does; nothing else is there. */
const BESIDE = [
  ...Object.keys(manifest.peerDependencies),
  ...['@types/node', 'esbuild', 'tsx', 'typescript'],
];
