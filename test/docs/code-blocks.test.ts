import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tidemark } from '../../src/cli/tidemark/command.ts';
import { blocksOf, pages, root } from './pages.ts';

/** Blocks of these are run elsewhere, where they belong: in the folder of infra/. */
const ELSEWHERE = ['docs/operations.md'];

/** The programs of the guide are files, which test/examples holds the chapters against, and runs. */
const examples = readdirSync(path.join(root, 'examples')).map((name) =>
  readFileSync(path.join(root, 'examples', name), 'utf8').trimEnd(),
);

/** A folder of blocks for each page, so that one block can import another. */
const folders = pages
  .filter(({ name }) => !ELSEWHERE.includes(name))
  .map((page) => ({
    name: page.name,
    files: blocksOf(page, 'ts')
      .filter(({ code }) => !examples.includes(code.trimEnd()))
      // The first is what others import as './pipeline.js', unless the page calls it otherwise.
      .map(({ file, code }, i) => ({
        file: file ?? (i === 0 ? 'pipeline.ts' : `block-${i}.ts`),
        code,
      })),
  }))
  .filter(({ files }) => files.length > 0);

/** Inside the project, so that `tidemark` names it. */
let place = '';
const fileOf = (page: string, file: string): string =>
  path.join(place, page.replaceAll('/', '-').replace(/\.md$/, ''), file);

beforeAll(() => {
  place = mkdtempSync(path.join(root, 'test/docs/.blocks-'));
  for (const { name, files } of folders) {
    for (const { file, code } of files) {
      mkdirSync(path.dirname(fileOf(name, file)), { recursive: true });
      writeFileSync(fileOf(name, file), code);
    }
  }
});

afterAll(() => rmSync(place, { recursive: true }));

test('there are examples to check', () => {
  expect(folders.map(({ name }) => name)).toContain('README.md');
  expect(folders.flatMap(({ files }) => files).length).toBeGreaterThan(15);
});

test('every example compiles, strictly', () => {
  const files = folders.flatMap(({ name, files }) => files.map(({ file }) => fileOf(name, file)));
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
    .filter(({ fileName }) => fileName.startsWith(place))
    .flatMap((file) => ts.getPreEmitDiagnostics(program, file))
    .map(({ file, messageText }) => {
      const where = path.relative(place, file?.fileName ?? '');
      return `${where}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  expect(problems).toEqual([]);
}, 240_000);

test('the plan of the first example of the README is the one that it describes', async () => {
  const { plan } = (await import(fileOf('README.md', 'pipeline.ts'))) as { plan: object };
  expect(plan).toMatchObject({
    name: 'clickstream',
    stages: [{ name: 'clicks-tumbling-5m-count' }],
  });
});

const asserting = folders.flatMap(({ name, files }) =>
  files.filter(({ code }) => code.includes('assert.')).map(({ file }) => [name, file] as const),
);

test('there are assertions to check', () => expect(asserting.length).toBeGreaterThan(3));

describe.each(asserting)('%s, %s', (page, file) => {
  test('asserts what is so', async () => {
    await import(fileOf(page, file));
  });
});

const commands = pages.flatMap((page) =>
  [
    ...page.text.matchAll(
      /\btidemark (run|describe|init|lateness|replay|positions|windows|tail)\b([^`\n#]*)/g,
    ),
  ].map(([line, name = '', rest = '']) => ({ page: page.name, line, name, flags: flagsOf(rest) })),
);

test('there are commands to check', () => expect(commands.length).toBeGreaterThan(4));

test.each(commands)('$page: $line has the options that there are', async ({ name, flags }) => {
  let help = '';
  await tidemark([name, '--help'], {
    out: { write: (text: string) => (help += text) },
    err: { write: () => undefined },
    now: () => 0,
    signal: new AbortController().signal,
  });
  expect(flags.filter((flag) => !help.includes(flag))).toEqual([]);
});

function flagsOf(text: string): string[] {
  return [...text.matchAll(/\s(--[a-z-]+)/g)].map(([, flag = '']) => flag);
}
