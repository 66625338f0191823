import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '');

/** Inside the project, so that `tidemark` names it; one folder, so that one block can import another. */
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(root, 'test/docs/.blocks-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

test('there are examples to check', () => {
  expect(blocks.length).toBeGreaterThanOrEqual(2);
});

test('every example of the README compiles, strictly', () => {
  const files = blocks.map((code, i) => {
    // The first is what the others import as './pipeline.js'.
    const file = path.join(folder, i === 0 ? 'pipeline.ts' : `block-${i}.ts`);
    writeFileSync(file, code);
    return file;
  });
  const program = ts.createProgram(files, {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ['tidemark-source'],
    allowImportingTsExtensions: true,
    types: ['node'],
  });
  // Of the examples alone: what they import is checked elsewhere, and there is much of it.
  const problems = program
    .getSourceFiles()
    .filter(({ fileName }) => fileName.startsWith(folder))
    .flatMap((file) => ts.getPreEmitDiagnostics(program, file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  expect(problems).toEqual([]);
});

test('the plan of the first example is the one that it describes', async () => {
  const { plan } = (await import(path.join(folder, 'pipeline.ts'))) as { plan: object };
  expect(plan).toMatchObject({
    name: 'clickstream',
    stages: [{ name: 'clicks-tumbling-5m-count' }],
  });
});

test('what the examples assert is so', async () => {
  const asserting = blocks.flatMap((code, i) => (code.includes('assert.') ? [i] : []));
  expect(asserting.length).toBeGreaterThan(0);
  for (const i of asserting) await import(path.join(folder, `block-${i}.ts`));
});
