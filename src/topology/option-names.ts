import { PlanError } from '../errors.ts';

/** What a stage can be told, whatever it does: those who make it check that it suits them. */
export const STAGE_OPTIONS = [
  'name',
  'buckets',
  'resolution',
  'keysPerChunk',
  'sideOutput',
  'allowedLateness',
  'max',
  'kind',
  'precision',
  'accuracy',
  'weight',
  'commutative',
  'by',
  'within',
  'before',
  'after',
  'row',
  'initial',
  'apply',
  'tags',
  'onEvent',
  'onTimer',
] as const;

export const STREAM_OPTIONS = [
  'schema',
  'timestamp',
  'outOfOrderness',
  'maxFutureSkew',
  'maxDelay',
  'onBadRecord',
] as const;

export const LOOKUP_OPTIONS = ['key', 'consistent', 'cacheFor', 'required'] as const;

/**
 * An option that is spelled wrong would count as one that was left out.
 *
 * @throws PlanError SETTING_INVALID
 */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  const unknown = unknownOption(options, known);
  if (unknown === undefined) return;
  throw new PlanError(
    'SETTING_INVALID',
    `${what} has no option ${unknown}`,
    `Did you mean ${nearest(unknown, known)}?`,
  );
}

/** An option that nobody knows, or `undefined`. */
export const unknownOption = (options: object, known: readonly string[]): string | undefined =>
  Object.keys(options).find((name) => !known.includes(name));

/** Which of the names it may have been meant for. */
export const nearest = (name: string, known: readonly string[]): string =>
  known.reduce((best, one) => (distance(name, one) < distance(name, best) ? one : best));

/** How many letters have to be written, left out or changed, in whatever case. */
function distance(from: string, to: string): number {
  const [a, b] = [from.toLowerCase(), to.toLowerCase()];
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const changed = at(row, j) + (letter === b[j] ? 0 : 1);
      next.push(Math.min(changed, at(row, j + 1) + 1, at(next, j) + 1));
    }
    row = next;
  }
  return at(row, b.length);
}

const at = (row: readonly number[], n: number): number => row[n] as number;
