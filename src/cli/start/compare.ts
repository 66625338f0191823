import { type WindowCount, windowId } from './recount.ts';

/** Where every record went, by one of the two countings. */
export interface Accounting {
  readonly records: number;
  readonly counted: number;
  readonly late: number;
  readonly dead: number;
  readonly filtered: number;
}

/** One side of the comparison. */
export interface Counted extends Accounting {
  readonly windows: Iterable<WindowCount>;
}

/** In what the two sides differ: the first ones in words, and how many there are. */
export interface Comparison {
  readonly total: number;
  readonly differences: readonly string[];
}

const DIFFERENCES_TOLD = 20;

/** Compares what the pipeline stored and reported with the plain recount. */
export function compare(actual: Counted, expected: Counted): Comparison {
  const all = [
    ...accountingDifferences(actual, expected),
    ...unaccounted('the pipeline', actual),
    ...unaccounted('the recount', expected),
    ...windowDifferences([...actual.windows], [...expected.windows]),
  ];
  return { total: all.length, differences: all.slice(0, DIFFERENCES_TOLD) };
}

const COUNTS = ['records', 'counted', 'late', 'dead', 'filtered'] as const;

function accountingDifferences(actual: Accounting, expected: Accounting): string[] {
  return COUNTS.filter((name) => actual[name] !== expected[name]).map(
    (name) => `${name}: ${actual[name]} in the pipeline, ${expected[name]} in the recount`,
  );
}

function unaccounted(side: string, counts: Accounting): string[] {
  const sum = counts.counted + counts.late + counts.dead + counts.filtered;
  if (sum === counts.records) return [];
  return [`${side} accounts for ${sum} of ${counts.records} records`];
}

function windowDifferences(
  actual: readonly WindowCount[],
  expected: readonly WindowCount[],
): string[] {
  const wanted = new Map(expected.map((window) => [windowId(window), window]));
  const seen = new Set<string>();
  const differences: string[] = [];
  for (const row of actual) {
    const id = windowId(row);
    const difference = seen.has(id)
      ? `${inWords(row)}: there is more than one row`
      : rowDifference(row, wanted.get(id));
    if (difference !== undefined) differences.push(difference);
    seen.add(id);
  }
  for (const window of expected) {
    if (seen.has(windowId(window))) continue;
    differences.push(`${inWords(window)}: no row, ${window.value} in the recount`);
  }
  return differences;
}

function rowDifference(row: WindowCount, wanted: WindowCount | undefined): string | undefined {
  if (wanted === undefined)
    return `${inWords(row)}: ${row.value} in the table, none in the recount`;
  if (row.value !== wanted.value) {
    return `${inWords(row)}: ${row.value} in the table, ${wanted.value} in the recount`;
  }
  if (row.windowEnd !== wanted.windowEnd) {
    return `${inWords(row)}: ends at ${instant(row.windowEnd)} in the table`;
  }
  return undefined;
}

const inWords = (window: WindowCount): string =>
  `"${window.key}" in the window from ${instant(window.windowStart)}`;

/** Tables may hold anything; a time out of range must not hide what differs. */
function instant(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}
