import { fitsNumber } from './stored-number.ts';

/**
 * Of the 400 KB that an item of a DynamoDB table holds, what is left for what a result says; the rest is for
 * its key and its other attributes.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
export const ROW_BYTES_MAX = 390 * 1024;

/** Lists and objects in one another: an item has 32 levels, of which the attribute itself is one. */
export const LEVELS_MAX = 31;

const NAME_BYTES_MAX = 65_535;

/** Whether a nested attribute can be called so. */
export const isName = (name: string): boolean =>
  name !== '' &&
  name.isWellFormed() &&
  (name.length * 3 <= NAME_BYTES_MAX || Buffer.byteLength(name) <= NAME_BYTES_MAX);

/** What a part takes at most, by what can be seen at once. */
export const MOST_BYTES = {
  /** A number, as a number or as the text that it becomes. */
  number: 24,
  /** Of UTF-16, in UTF-8. */
  unit: 3,
  /** A list or an object, besides its parts, each of which takes one more. */
  level: 3,
} as const;

/**
 * The size of plain JSON as DynamoDB reckons it, bytes.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function documentBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return numberBytes(value);
  if (typeof value !== 'object' || value === null) return 1;
  let bytes = MOST_BYTES.level;
  if (Array.isArray(value)) {
    for (const part of value) bytes += 1 + documentBytes(part);
    return bytes;
  }
  for (const [name, part] of Object.entries(value))
    bytes += 1 + Buffer.byteLength(name) + documentBytes(part);
  return bytes;
}

/** One that DynamoDB cannot hold becomes text. */
function numberBytes(value: number): number {
  const { length } = String(value);
  return fitsNumber(value) ? 1 + Math.ceil(length / 2) : length;
}
