import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { RULES } from './rules.ts';

const SEMANTICS = path.resolve(import.meta.dirname, '../../docs/semantics.md');

test('docs/semantics.md has the rules as they are, and no others', () => {
  const text = readFileSync(SEMANTICS, 'utf8');
  const [, list = ''] = text.split('| rule | leaves out | reason |\n| --- | --- | --- |\n');
  const rows = list.split('\n').filter((row) => row.startsWith('|'));
  const expected = RULES.map(
    ({ name, reason, leavesOut }) => `| ${name} | ${leavesOut?.join(', ') ?? 'all'} | ${reason} |`,
  );
  expect(rows).toEqual(expected);
});

test('names of rules are their own', () => {
  expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
});
