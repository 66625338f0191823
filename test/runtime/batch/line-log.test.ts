import { linkSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lineLog } from '../../../src/runtime/batch/line-log.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-'));
afterAll(() => rmSync(folder, { recursive: true }));

const written = (
  file: string,
  lines: readonly string[],
  length?: { bytes: number; lines: number },
) => {
  const log = lineLog(file, length);
  for (const line of lines) log.append(line);
  const now = log.flush();
  log.close();
  return now;
};

test('goes on from where it was, and forgets what came after that', () => {
  const file = path.join(folder, 'one.lines');
  const length = written(file, ['a', 'ü']);
  expect(length).toEqual({ bytes: 5, lines: 2 });
  written(file, ['lost'], length);
  expect(written(file, ['b'], length)).toEqual({ bytes: 7, lines: 3 });
  expect(readFileSync(file, 'utf8')).toBe('a\nü\nb\n');
});

test('leaves what was published of it as it is', () => {
  const [file, published] = ['two.lines', 'two.jsonl'].map((name) => path.join(folder, name)) as [
    string,
    string,
  ];
  const length = written(file, ['a']);
  written(file, ['b'], length);
  linkSync(file, published);
  written(file, ['c'], length);
  expect(readFileSync(published, 'utf8')).toBe('a\nb\n');
  expect(readFileSync(file, 'utf8')).toBe('a\nc\n');
});
