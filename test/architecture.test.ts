import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * Who may import whom; a folder may always import itself. A name ending in .ts is one file: the core
 * sees ports, never what implements them.
 */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  'invariant.ts': ['errors.ts'],
  'deadline.ts': ['errors.ts'],
  'backoff.ts': ['deadline.ts'],
  'ordered-requests.ts': ['backoff.ts', 'errors.ts'],
  'remote-call.ts': ['deadline.ts', 'errors.ts'],
  'parallel.ts': [],
  'prices.ts': [],
  'seeded.ts': [],
  observability: ['errors.ts'],
  time: ['invariant.ts'],
  schema: ['errors.ts', 'invariant.ts'],
  windows: ['time', 'errors.ts'],
  operators: ['seeded.ts', 'windows', 'time', 'schema', 'errors.ts'],
  topology: ['operators', 'windows', 'schema', 'time', 'errors.ts'],
  'store/store.ts': [],
  'sources/source.ts': [],
  // What a record holds, wherever it comes from: a format, and no port.
  'sources/aggregated-record.ts': ['sources/source.ts'],
  'sinks/sink.ts': ['schema'],
  'sinks/dead-letter-sink.ts': [],
  'lookups/lookup.ts': [],
  engine: [
    'lookups/lookup.ts',
    'parallel.ts',
    'topology',
    'operators',
    'windows',
    'schema',
    'time',
    'store/store.ts',
    'sources/source.ts',
    'sources/aggregated-record.ts',
    'sinks/sink.ts',
    'sinks/dead-letter-sink.ts',
    'observability',
    'errors.ts',
    'invariant.ts',
  ],
  dynamodb: [
    'backoff.ts',
    'remote-call.ts',
    'parallel.ts',
    'schema',
    'errors.ts',
    'invariant.ts',
    'deadline.ts',
  ],
  kinesis: ['backoff.ts', 'ordered-requests.ts', 'remote-call.ts', 'schema', 'errors.ts'],
  store: ['parallel.ts', 'dynamodb', 'schema', 'errors.ts', 'invariant.ts', 'deadline.ts'],
  sinks: [
    'backoff.ts',
    'ordered-requests.ts',
    'remote-call.ts',
    'parallel.ts',
    'dynamodb',
    'kinesis',
    'schema',
    'time',
    'errors.ts',
    'invariant.ts',
    'deadline.ts',
  ],
  bridges: ['kinesis', 'dynamodb', 'schema', 'errors.ts'],
  lookups: ['parallel.ts', 'dynamodb', 'errors.ts', 'deadline.ts'],
  sources: ['backoff.ts', 'remote-call.ts', 'schema', 'errors.ts', 'invariant.ts', 'deadline.ts'],
  'runtime/lambda': [
    'lookups/lookup.ts',
    'engine',
    'topology',
    'store/store.ts',
    'sources/source.ts',
    'sinks/sink.ts',
    'sinks/dead-letter-sink.ts',
    'observability',
    'errors.ts',
  ],
  'runtime/local': ['store/store.ts', 'engine', 'topology', 'time', 'errors.ts', 'invariant.ts'],
  'runtime/batch': [
    'lookups/lookup.ts',
    'engine',
    'topology',
    'schema',
    'time',
    'store',
    'sources',
    'sinks/sink.ts',
    'sinks/dead-letter-sink.ts',
    'observability',
    'errors.ts',
  ],
  // A replay is the local runtime with an end: whoever starts it chooses the implementations.
  'runtime/replay': [
    'runtime/local',
    'engine',
    'topology',
    'store/store.ts',
    'sources/source.ts',
    'errors.ts',
  ],
  // A stream that is written to files by a function of its own, and read back as if it had kept all.
  archive: [
    'runtime/local',
    'runtime/lambda',
    'engine/position.ts',
    'sources',
    'environment.ts',
    'errors.ts',
  ],
  versions: ['store/store.ts', 'sinks', 'schema', 'time', 'errors.ts'],
  testing: [
    'lookups',
    'seeded.ts',
    'store',
    'sources',
    'sinks',
    'dynamodb',
    'engine',
    'topology',
    'operators',
    'schema',
    'observability',
    'time',
    'deadline.ts',
    'errors.ts',
    'invariant.ts',
  ],
  'index.ts': [
    'lookups/lookup.ts',
    'topology',
    'windows',
    'operators',
    'schema',
    'time',
    'store/store.ts',
    'sources/source.ts',
    'sinks/sink.ts',
    'sinks/dead-letter-sink.ts',
    'observability',
    'errors.ts',
  ],
  'environment.ts': ['errors.ts'],
  aws: [
    'dynamodb',
    'kinesis',
    'store',
    'sources',
    'sinks',
    'lookups',
    'topology',
    'environment.ts',
    'errors.ts',
  ],
  'aws.ts': [
    'aws',
    'bridges',
    'dynamodb',
    'kinesis',
    'versions',
    'store',
    'sources',
    'sinks',
    'lookups',
    'environment.ts',
  ],
  // What is deployed is agreed on by names alone: neither side sees the other.
  cdk: [
    'prices.ts',
    'topology',
    'schema',
    'observability/metric-names.ts',
    'environment.ts',
    'errors.ts',
  ],
  // Made of what pipelines tell; it reaches into nothing.
  console: ['topology', 'observability', 'time', 'errors.ts'],
  // The reference deployment on a laptop composes everything, the reference pipelines included.
  cli: [
    'prices.ts',
    'operators',
    'seeded.ts',
    'parallel.ts',
    'runtime/local',
    'runtime/lambda',
    'runtime/batch',
    'runtime/replay',
    'archive',
    'aws',
    'versions',
    'schema',
    'invariant.ts',
    'engine',
    'topology',
    'time',
    'store',
    'sources',
    'sinks',
    'dynamodb',
    'observability',
    'environment.ts',
    'console',
    'cdk',
    'errors.ts',
    'functions',
  ],
};

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

describe.each(files.map(({ file, text }) => [file, text] as const))('%s', (file, text) => {
  test('imports only what its layer may', () => {
    const layer = layerOf(file);
    const allowed = [layer, ...(LAYERS[layer] ?? [])];
    const mayImport = (target: string): boolean =>
      allowed.some(
        (name) =>
          target === `src/${name}` ||
          target.startsWith(`src/${name}/`) ||
          target.startsWith(`${name}/`),
      );
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

/** What lies outside the library uses it as everybody does: by what it exports. */
const OUTSIDE: Readonly<Record<string, readonly RegExp[]>> = {
  functions: [/^tidemark(\/(aws|lambda))?$/, /^@aws-sdk\/client-/, /^zod$/, /^\.\//],
  infra: [
    /^tidemark\/cdk$/,
    /^aws-cdk-lib/,
    /^constructs$/,
    /^node:/,
    /^\.\.\/functions\//,
    /^\.\//,
  ],
  examples: [
    /^tidemark(\/(batch|lambda|testing))?$/,
    /^zod$/,
    /^node:(fs|os|path)$/,
    /^\.\/time-of-day\.ts$/,
  ],
  'tools/guide': [/^tidemark(\/testing)?$/, /^node:(fs|path)$/, /^\.\.\/\.\.\/examples\//, /^\.\//],
  // What `tidemark init` writes: its imports have to be right in a folder of their own.
  starter: [
    /^tidemark(\/(aws|cdk|lambda|testing))?$/,
    /^aws-cdk-lib\//,
    /^zod$/,
    /^node:(assert|test)/,
    /^\.\.\/src\/pipeline\.ts$/,
    /^\.\/pipeline\.ts$/,
  ],
};

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
