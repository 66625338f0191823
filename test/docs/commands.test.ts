import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { commandsDocument } from './commands-document.ts';

const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/commands.md'), 'utf8');

test('docs/commands.md has the help of every command as it is: else run npm run commands-document', () => {
  expect(text).toBe(commandsDocument(text));
});

test('it has a heading for each of them', () => {
  const headings = [...text.matchAll(/^## tidemark (.+)$/gm)].map(([, name]) => name);
  expect(headings).toEqual(expect.arrayContaining(['run', 'positions', 'deadletters list']));
});
