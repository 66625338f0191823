import type { Bounds } from './vector.ts';

const TOLD = 3;

/** How two bags of lines differ, in words, or `undefined` if they do not. */
export function difference(
  expected: readonly string[],
  actual: readonly string[],
): string | undefined {
  const missing = without(expected, actual);
  const unexpected = without(actual, expected);
  if (missing.length + unexpected.length === 0) return undefined;
  return [...told('missing', missing), ...told('unexpected', unexpected)].join('; ');
}

/** One result as a line. */
export const line = (key: unknown, { start, end }: Bounds, value: unknown): string =>
  `${key} [${start}, ${end}] = ${typeof value === 'string' ? parts(value) : JSON.stringify(value)}`;

/** What a reducer appended, in no order: which comes first is each engine's own. */
const parts = (value: string): string => value.split('|').sort().join('|');

function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const other of others) left.set(other, (left.get(other) ?? 0) + 1);
  return lines.filter((one) => {
    const count = left.get(one) ?? 0;
    left.set(one, count - 1);
    return count <= 0;
  });
}

function told(what: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > TOLD ? ` and ${lines.length - TOLD} more` : '';
  return [`${what} ${lines.slice(0, TOLD).join(', ')}${more}`];
}
