import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filesOf } from '../../../src/cli/tidemark/glob.ts';

const FILES = [
  'a.jsonl',
  'b.jsonl',
  'b10.jsonl',
  'b.jsonl.gz',
  '.hidden.jsonl',
  'x(1).jsonl',
  'star*.txt',
  'day/1/c.jsonl',
  'day/2/c.jsonl',
  'day/2/deep/d.jsonl',
  'day/.old/e.jsonl',
  'ü/f.jsonl',
];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tidemark-glob-'));
  for (const file of FILES) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), '');
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each`
  pattern            | files
  ${'a.jsonl'}       | ${'a.jsonl'}
  ${'*.jsonl'}       | ${'a.jsonl b.jsonl b10.jsonl x(1).jsonl'}
  ${'?.jsonl'}       | ${'a.jsonl b.jsonl'}
  ${'b*'}            | ${'b.jsonl b.jsonl.gz b10.jsonl'}
  ${'.*.jsonl'}      | ${'.hidden.jsonl'}
  ${'x(?).jsonl'}    | ${'x(1).jsonl'}
  ${'star*.txt'}     | ${'star*.txt'}
  ${'./a.jsonl'}     | ${'a.jsonl'}
  ${'day/*/c.*'}     | ${'day/1/c.jsonl day/2/c.jsonl'}
  ${'day/../a*'}     | ${'a.jsonl'}
  ${'day/**'}        | ${'day/1/c.jsonl day/2/c.jsonl day/2/deep/d.jsonl'}
  ${'**/c.jsonl'}    | ${'day/1/c.jsonl day/2/c.jsonl'}
  ${'**/[!]*'}       | ${''}
  ${'**/deep/**/d*'} | ${'day/2/deep/d.jsonl'}
  ${'?/f.jsonl'}     | ${'ü/f.jsonl'}
  ${'day'}           | ${''}
  ${'day/*'}         | ${''}
  ${'no/*/where'}    | ${''}
  ${'a.json'}        | ${''}
`('$pattern means [$files]', ({ pattern, files }) => {
  const found = filesOf(`${folder}/${pattern}`).map((file) =>
    path.relative(folder, file).split(path.sep).join('/'),
  );
  expect(found.join(' ')).toBe(files);
});
