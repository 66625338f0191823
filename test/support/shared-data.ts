import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER =
  process.env.TIDEMARK_DATA ?? path.resolve(import.meta.dirname, '../../../shared/data');

/** Results that another engine computed over a file. */
export interface ExpectedCase {
  readonly name: string;
  readonly dataset: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** Real event data beside the repository, which does not hold it; `undefined`, said aloud, where there is none. */
export function sharedData() {
  const expected = path.join(FOLDER, 'expected.json');
  if (!existsSync(expected)) {
    console.warn(`skipped: there is no real event data at ${FOLDER} (TIDEMARK_DATA)`);
    return undefined;
  }
  const { cases } = JSON.parse(readFileSync(expected, 'utf8')) as { cases: ExpectedCase[] };
  return {
    file: (dataset: string): string => path.join(FOLDER, `${dataset}.jsonl.gz`),
    rows(name: string, dataset: string): ExpectedCase['rows'] {
      const found = cases.find((one) => one.name === name && one.dataset === dataset);
      if (found === undefined) throw new Error(`no case "${name}" over ${dataset}`);
      return found.rows;
    },
  };
}
