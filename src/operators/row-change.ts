import { type Codec, NUMBER_BYTES_MAX } from '../schema/codec.ts';
import { type Kept, keptBytesMax, keptCodec } from './kept.ts';
import { instant, type Result } from './operator.ts';

/** What a row was and is; `undefined`: there is none. */
export interface RowStep {
  readonly old: unknown;
  readonly value: unknown;
  /** When it happened, ms. */
  readonly time: number;
  /** How many changes of the row were told before. */
  readonly revision: number;
}

/**
 * A change of a row as a result, or `undefined` if there is nothing to tell: what was not there is
 * still not there.
 */
export function rowChange({ old, value, time, revision }: RowStep): Result | undefined {
  if (old === undefined && value === undefined) return undefined;
  return {
    ...instant(time),
    value,
    ...(old === undefined ? {} : { old }),
    revision,
    retracted: value === undefined,
    final: false,
  };
}

/** The one change that a slot tells of a row, at its last instant; none if the row is as it was. */
export function changeInSlot(
  slot: number,
  { old, value, revision }: Omit<RowStep, 'time'>,
): Result[] {
  const change = rowChange({ old, value, time: slot - 1, revision });
  return change === undefined || isSame(old, value) ? [] : [change];
}

/** The last of what was said of a row. */
export interface LastSaid {
  readonly last: Kept;
  /** How many changes were told. */
  readonly told: number;
}

export const lastSaidCodec: Codec<LastSaid> = {
  write({ last, told }, to, slot) {
    keptCodec.write([last], to, slot);
    to.unsigned(told);
  },
  read(from, slot) {
    const [last] = keptCodec.read(from, slot) as [Kept];
    return { last, told: from.unsigned() };
  },
};

export const lastSaidBytesMax = ({ last }: LastSaid): number =>
  keptBytesMax(last) + NUMBER_BYTES_MAX;

/** True if two values are alike to the last bit: objects and lists part by part. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (!Array.isArray(a) && Object.getPrototypeOf(a) !== Object.prototype) return false;
  const [mine, theirs] = [Object.entries(a), Object.entries(b)];
  return (
    mine.length === theirs.length &&
    mine.every(([name, value]) => Object.hasOwn(b, name) && isSame(value, valueIn(b, name)))
  );
}

const valueIn = (record: object, name: string): unknown =>
  (record as Readonly<Record<string, unknown>>)[name];
