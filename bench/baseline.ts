import { readFileSync, writeFileSync } from 'node:fs';
import type { Line } from './report.ts';

/** Ratios to the hand-written loop, by job and way. Times differ from machine to machine; these hardly do. */
export type Baseline = Readonly<Record<string, number>>;

/** So much more is a regression, and no noise. */
const TOLERATED = 1.5;

const nameOf = ({ job, way }: Line): string => `${job} ${way}`;

const isCompared = ({ way }: Line): boolean => way !== 'loop' && way !== 'live';

export function keepBaseline(file: string, lines: readonly Line[]): void {
  const ratios = lines
    .filter(isCompared)
    .map((line) => [nameOf(line), Number(line.ratio.median.toFixed(2))]);
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(ratios), undefined, 2)}\n`);
}

/**
 * What has become slower than the file says. The least ratio of all rounds is compared: whatever else the
 * machine does only adds to it.
 */
export function regressions(file: string, lines: readonly Line[]): string[] {
  const baseline = JSON.parse(readFileSync(file, 'utf8')) as Baseline;
  return lines.filter(isCompared).flatMap((line) => {
    const known = baseline[nameOf(line)];
    if (known === undefined) return [`${nameOf(line)} is not in ${file}`];
    if (line.ratio.least <= known * TOLERATED) return [];
    return [`${nameOf(line)} takes ${line.ratio.least.toFixed(2)} times the loop, ${known} before`];
  });
}
