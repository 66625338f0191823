import type { Outcome } from './conformance.ts';

/** The counts in lines: by operator, in total, and by rule. Failures are told as they come. */
export function report(outcomes: readonly Outcome[]): string[] {
  const operators = [...new Set(outcomes.map(({ vector }) => vector.operator))].sort();
  const widest = Math.max(0, ...operators.map(({ length }) => length));
  return [
    ...operators.map(
      (operator) =>
        `${operator.padEnd(widest)}  ${counts(outcomes.filter((one) => one.vector.operator === operator))}`,
    ),
    '',
    ...rules(outcomes),
    '',
    strictShare(outcomes),
    counts(outcomes),
  ];
}

/** One line for a failure. */
export const failure = ({ vector, told }: Outcome): string => `FAILED ${vector.name}  ${told}`;

function counts(outcomes: readonly Outcome[]): string {
  const of = (kind: Outcome['kind']): number => outcomes.filter((one) => one.kind === kind).length;
  return `${of('passed')} passed, ${of('failed')} failed, ${of('skipped')} skipped`;
}

function rules(outcomes: readonly Outcome[]): string[] {
  const skipped = outcomes
    .filter(({ kind }) => kind === 'skipped')
    .map(({ told }) => `skipped by "${told}"`);
  const lighter = outcomes.flatMap((one) =>
    one.lighter.map(({ name, leavesOut = [] }) => `without ${leavesOut.join(', ')} by "${name}"`),
  );
  const tally = new Map<string, number>();
  for (const rule of [...skipped, ...lighter]) tally.set(rule, (tally.get(rule) ?? 0) + 1);
  return [...tally]
    .sort(([, a], [, b]) => b - a)
    .map(([rule, n]) => `${String(n).padStart(4)} ${rule}`);
}

/** Vectors whose results any correct implementation must give, or of which nobody said so. */
function strictShare(outcomes: readonly Outcome[]): string {
  const strict = outcomes.filter(({ vector }) => vector.facts.batchIdeal !== false);
  const skipped = strict.filter(({ kind }) => kind === 'skipped').length;
  const share = strict.length === 0 ? 0 : (100 * skipped) / strict.length;
  return `of ${strict.length} vectors with batchIdeal true or null ${skipped} skipped (${share.toFixed(1)} %)`;
}
