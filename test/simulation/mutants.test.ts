import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { MUTANTS } from './mutants.ts';

const root = path.resolve(import.meta.dirname, '../..');

test.each(MUTANTS)('can be taken out: $name', ({ file, from, to, also }) => {
  let text = readFileSync(path.join(root, 'src/engine', file), 'utf8');
  for (const edit of [{ from, to }, ...(also ? [also] : [])]) {
    const parts = text.split(edit.from);
    expect(parts).toHaveLength(2);
    text = parts.join(edit.to);
  }
});

test('the list in docs/reliability.md has them all, each found', () => {
  const doc = readFileSync(path.join(root, 'docs/reliability.md'), 'utf8');
  const [list = ''] = /(?<=<!-- mutants -->\n).*(?=<!-- \/mutants -->)/s.exec(doc) ?? [];
  const rows = list.trim().split('\n').slice(2);
  expect(rows.map((row) => row.split(' | ')[0]?.slice(2))).toEqual(MUTANTS.map(({ name }) => name));
  expect(rows.filter((row) => !/ \| \d+ \| \d+ \|$/.test(row))).toEqual([]);
});
