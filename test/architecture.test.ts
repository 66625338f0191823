import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { FREE, LAYERS, OUTSIDE } from './layers.ts';

/** What gives the same answer for the same input, always. */
const PURE = ['time', 'windows', 'operators', 'schema', 'topology', 'engine'];
const IMPURE =
  /\b(Date\.now|Math\.random|setTimeout|setInterval|process\.env|performance\.now)\b|new Date\(\)/;

const LINES_MAX = 300;

const root = path.resolve(import.meta.dirname, '..');
const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => `src/${file.split(path.sep).join('/')}`)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));

test('there is something to check', () => {
  expect(files.length).toBeGreaterThan(60);
  expect(files.flatMap(importsOf).length).toBeGreaterThan(200);
});

test.each(Object.entries(LAYERS))(
  'the rule of %s is about something, and no wider than needed',
  (layer, allowed) => {
    const imports = files.filter(({ file }) => layerOf(file) === layer).flatMap(importsOf);
    expect(files.some(({ file }) => layerOf(file) === layer)).toBe(true);
    expect(allowed.filter((name) => !imports.some((target) => isIn(target, name)))).toEqual([]);
  },
);

test('every folder with code is spoken for', () => {
  const spokenFor = ['src', ...FREE, ...Object.keys(OUTSIDE).map((folder) => folder.split('/')[0])];
  const withCode = foldersOf('').filter((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).some((file) =>
      file.endsWith('.ts'),
    ),
  );
  expect(withCode.filter((folder) => !spokenFor.includes(folder))).toEqual([]);
});

test('README names every folder, and ARCHITECTURE.md every folder of src', () => {
  const layout = readFileSync(path.join(root, 'README.md'), 'utf8').split('## Layout')[1] ?? '';
  expect(foldersOf('').filter((folder) => !layout.includes(`\`${folder}/\``))).toEqual([]);
  const page = readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8');
  const table = (page.split('## What is where')[1] ?? '').split('\n## ')[0] ?? '';
  const rows = [...table.matchAll(/^\| `([\w/]+)` \|/gm)].map(([, folder]) => folder);
  expect(rows.sort()).toEqual(foldersOf('src').sort());
});

describe.each(files.map(({ file, text }) => [file, text] as const))('%s', (file, text) => {
  test('imports only what its layer may', () => {
    const layer = layerOf(file);
    const allowed = [layer, ...(LAYERS[layer] ?? [])];
    const mayImport = (target: string): boolean => allowed.some((name) => isIn(target, name));
    expect(importsOf({ file, text }).filter((target) => !mayImport(target))).toEqual([]);
  });

  test(`has at most ${LINES_MAX} lines`, () => {
    expect(text.split('\n').length).toBeLessThanOrEqual(LINES_MAX);
  });
});

const pure = files.filter(({ file }) => PURE.some((folder) => file.startsWith(`src/${folder}/`)));

test.each(pure)('$file takes time and chance from outside', ({ text }) => {
  expect(text.match(IMPURE)?.[0]).toBeUndefined();
  const packages = [...text.matchAll(/from '([^.'][^']*)'/g)].map(([, name]) => name);
  const known = ['node:buffer', 'node:zlib', '@standard-schema/spec'];
  expect(packages.filter((name) => !known.includes(String(name)))).toEqual([]);
});

test.each(Object.entries(OUTSIDE))('%s/ imports only what its users could', (folder, allowed) => {
  const texts = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(path.join(root, folder, file), 'utf8'));
  const imports = texts.flatMap((text) => [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)]);
  const targets = imports.map(([, target]) => String(target));
  expect(targets.length).toBeGreaterThan(3);
  expect(targets.filter((target) => !allowed.some((pattern) => pattern.test(target)))).toEqual([]);
});

test('no file imports itself by a detour', () => {
  const graph = new Map(files.map((one) => [one.file, importsOf(one)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) {
      cycles.push([...trail.slice(trail.indexOf(file)), file].join(' > '));
      return;
    }
    if (done.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  expect(cycles).toEqual([]);
});

/** Relative imports and re-exports, as paths from the root. */
function importsOf({ file, text }: { file: string; text: string }): string[] {
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, target]) =>
    path.posix.join(path.posix.dirname(file), target ?? ''),
  );
}

const isIn = (target: string, name: string): boolean =>
  target === `src/${name}` || target.startsWith(`src/${name}/`) || target.startsWith(`${name}/`);

/** What is kept there, and not made by a command. */
function foldersOf(folder: string): string[] {
  const made = ['node_modules', 'dist', 'site', 'coverage', 'cdk.out', 'bench-profiles'];
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('.') && !made.includes(name));
}

/** The most particular entry of the table that a file falls under. */
function layerOf(file: string): string {
  const inside = file.slice('src/'.length);
  const names = Object.keys(LAYERS).filter(
    (name) => inside === name || inside.startsWith(`${name}/`),
  );
  const [longest] = names.sort((a, b) => b.length - a.length);
  if (longest === undefined) throw new Error(`${file} is in no layer; add it to the table`);
  return longest;
}
