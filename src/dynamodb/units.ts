import type { AttributeValue, ConsumedCapacity } from '@aws-sdk/client-dynamodb';
import type { Attributes } from './attribute-value.ts';

/** What one request cost, in DynamoDB's units. */
export interface ConsumedUnits {
  /** The table's name. */
  readonly table: string;
  readonly readUnits?: number;
  readonly writeUnits?: number;
}

/** Adds up what the server tells; where it does not tell, takes the estimate. */
export function unitsTold(
  told: ConsumedCapacity | readonly ConsumedCapacity[] | undefined,
  estimate: () => number,
): number {
  const parts = told === undefined ? [] : [told].flat();
  const known = parts.flatMap((part) => part.CapacityUnits ?? []);
  return known.length === 0 ? estimate() : known.reduce((sum, units) => sum + units, 0);
}

/**
 * A write costs a unit a KB begun, of the larger of the item before and after.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
export const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1024));

/** A consistent read costs a unit for each 4 KB begun; one that finds nothing costs one. */
export const readUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / 4096));

/**
 * The size that DynamoDB bills and limits: names and values.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemBytes(item: Attributes): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += textBytes(name) + valueBytes(value);
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return textBytes(value.S);
  if (value.N !== undefined) return 1 + Math.ceil(value.N.length / 2);
  if (value.B !== undefined) return value.B.length;
  if (value.L !== undefined)
    return 3 + value.L.reduce((sum, part) => sum + 1 + valueBytes(part), 0);
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + itemBytes(value.M);
  return 1;
}

const textBytes = (text: string): number => Buffer.byteLength(text);
