import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { withExample } from '../../tools/guide/chapters.ts';
import { pictures } from '../../tools/guide/pictures.ts';

const root = path.resolve(import.meta.dirname, '../..');
const names = readdirSync(path.join(root, 'examples'))
  .filter((file) => /^\d\d-.*\.ts$/.test(file))
  .map((file) => file.replace(/\.ts$/, ''));

test('there is an example for each chapter', () => {
  const chapters = readdirSync(path.join(root, 'docs/guide')).filter((file) => /^\d/.test(file));
  expect(chapters.map((file) => file.replace(/\.md$/, ''))).toEqual(names);
  expect(names.length).toBe(10);
});

describe.each(names)('%s', (name) => {
  test('is in its chapter as it is, with what it prints', async () => {
    const file = `examples/${name}.ts`;
    const chapter = readFileSync(path.join(root, 'docs/guide', `${name}.md`), 'utf8');
    const code = readFileSync(path.join(root, file), 'utf8');
    const printed = await printedBy(path.join(root, file));
    expect(printed).not.toBe('');
    // `npm run guide` puts it there.
    expect(chapter).toBe(withExample(chapter, { file, code, printed }));
  });
});

test('the pictures of the chapters are those of their runs', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  const drawn = await pictures();
  vi.restoreAllMocks();
  expect([...drawn.keys()]).toEqual(names);
  for (const [name, svg] of drawn) {
    const file = path.join(root, 'docs/guide/pictures', `${name}.svg`);
    expect(readFileSync(file, 'utf8'), name).toBe(svg);
  }
});

async function printedBy(file: string): Promise<string> {
  const lines: unknown[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
  try {
    await import(file);
  } finally {
    log.mockRestore();
  }
  return lines.map((line) => `${line}\n`).join('');
}
