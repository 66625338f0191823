import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll } from 'vitest';
import { fileLane, type InputLane } from '../../../src/runtime/batch/index.ts';

/** A folder for the files of one suite, gone when the suite is. */
export function workplace() {
  let folder = '';
  let named = 0;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidemark-batch-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    path: (name: string): string => path.join(folder, name),
    /** A folder that is not there yet. */
    output: (): string => path.join(folder, `output-${++named}`),
    write(lines: readonly (string | object)[], name = `${++named}.jsonl`): string {
      const file = path.join(folder, name);
      const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
      const body = text.map((line) => `${line}\n`).join('');
      writeFileSync(file, name.endsWith('.gz') ? gzipSync(body) : body);
      return file;
    },
    lane(lines: readonly (string | object)[], name?: string): InputLane {
      return fileLane(this.write(lines, name));
    },
  };
}

export const linesOf = (output: string, file: string): string[] =>
  readFileSync(path.join(output, file), 'utf8').split('\n').slice(0, -1);

export const resultsOf = (output: string, file: string): unknown[] =>
  linesOf(output, file).map((line) => JSON.parse(line));
