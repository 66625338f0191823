import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { judge } from './conformance.ts';
import { readVectors } from './vector.ts';

/** What the reference engines did, if it lies beside the repository or where the environment says. */
const folder =
  process.env.TIDEMARK_CONFORMANCE ??
  path.resolve(import.meta.dirname, '../../../shared/conformance/public');

const found = existsSync(folder);
if (!found) {
  console.warn('skipped: no conformance vectors; TIDEMARK_CONFORMANCE names a folder of them');
}
const vectors = found ? readVectors(folder) : [];
const operators = [...new Set(vectors.map(({ operator }) => operator))];

describe.skipIf(!found)('the reference engines', () => {
  test('there is something to compare', () => expect(vectors.length).toBeGreaterThan(0));

  test.each(operators)('agree on %s, as far as the rules say', async (operator) => {
    const failures: string[] = [];
    for (const vector of vectors.filter((one) => one.operator === operator)) {
      const { kind, told } = await judge(vector);
      if (kind === 'failed') failures.push(`${vector.name}: ${told}`);
    }
    expect(failures).toEqual([]);
  });
});
