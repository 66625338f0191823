import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { MUTANTS } from './mutants.ts';

const engine = path.resolve(import.meta.dirname, '../../src/engine');

/** Whether they are found takes minutes: `npm run mutants`. */
test.each(MUTANTS)('"$name" can be taken out of $file', ({ file, from, also }) => {
  const text = readFileSync(path.join(engine, file), 'utf8');
  for (const part of also ? [from, also.from] : [from]) expect(text.split(part)).toHaveLength(2);
});
