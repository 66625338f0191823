import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from './pages.ts';

/** `npm run check:api` holds them against the build. */
const reports = readdirSync(path.join(root, 'docs/api')).filter((name) => name.endsWith('.api.md'));

test('there is a report for each export path', () => {
  const { exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const paths = Object.keys(exports).filter((key) => !key.endsWith('.json'));
  const names = paths.map((key) => `${key === '.' ? 'index' : key.slice(2)}.api.md`);
  expect(reports).toEqual(names.sort());
});

test('the reference is made of all export paths', () => {
  const { exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const { entryPoints } = JSON.parse(readFileSync(path.join(root, 'typedoc.json'), 'utf8'));
  const sources = Object.values<{ 'tidemark-source'?: string }>(exports).flatMap(
    (target) => target['tidemark-source']?.slice(2) ?? [],
  );
  expect(entryPoints).toEqual(sources);
});

/** `npm run site` makes pages of the comments, and fails for the same reason. */
describe.each(reports)('%s', (name) => {
  const lines = readFileSync(path.join(root, 'docs/api', name), 'utf8').split('\n');

  test('has a comment on every name that is exported', () => {
    expect(lines.filter((line) => line.startsWith('export ')).length).toBeGreaterThan(5);
    expect(withoutComment(lines).filter((line) => line.startsWith('export '))).toEqual([]);
  });

  test('has a comment on everything that can be called', () => {
    const isCall = (line: string): boolean =>
      /^ +(?!readonly|constructor)[\w]+\??(<.*?>)?\(/.test(line);
    expect(withoutComment(lines).filter(isCall)).toEqual([]);
  });
});

/** What the reports mark so, a declaration a line. */
const withoutComment = (lines: readonly string[]): string[] =>
  lines.filter((_, i) => lines[i - 1]?.includes('(undocumented)'));
