import { type Access, type AccessOptions, accessUntil, openAccess } from '../dynamodb/access.ts';
import type { Attributes } from '../dynamodb/attribute-value.ts';
import { batchGet } from '../dynamodb/batch-read.ts';
import { decodeDocument } from '../dynamodb/document-value.ts';
import { eachInParallel } from '../parallel.ts';
import type { LookupKey, LookupTable } from './lookup.ts';

/** Which table rows are looked up in, and by which attribute. */
export interface DynamoLookupOptions extends AccessOptions {
  readonly tableName: string;
  /** The partition key, text or a number, which is the whole key of the table: it has no sort key. */
  readonly keyAttribute: string;
}

/** The most that one BatchGetItem takes (DynamoDB API reference). */
const KEYS_A_REQUEST = 100;

/**
 * A DynamoDB table to look rows up in. A row is the whole item, its key included, as plain values: sets
 * are lists, numbers are numbers of JavaScript. A hundred keys make one request, and requests run four
 * at a time.
 *
 * Throws DeadlineError after `until`'s signal, UnavailableError for what may pass, and the SDK's own
 * error for what will not (a missing table or right, a key of another type than the table's).
 */
export function dynamoLookup(options: DynamoLookupOptions): LookupTable {
  return lookupOver(openAccess(options, 4), options);
}

type Where = Pick<DynamoLookupOptions, 'tableName' | 'keyAttribute'>;

function lookupOver(access: Access, where: Where): LookupTable {
  return {
    getAll: (keys, { consistent }) => getRows(access, where, { keys, consistent }),
    until: (signal) => lookupOver(accessUntil(access, signal), where),
  };
}

async function getRows(
  access: Access,
  { tableName, keyAttribute }: Where,
  { keys, consistent }: { readonly keys: readonly LookupKey[]; readonly consistent: boolean },
): Promise<unknown[]> {
  const found = new Map<LookupKey, unknown>();
  const parts: Attributes[][] = [];
  for (let at = 0; at < keys.length; at += KEYS_A_REQUEST) {
    const part = keys.slice(at, at + KEYS_A_REQUEST);
    parts.push(part.map((key) => ({ [keyAttribute]: keyValue(key) })));
  }
  await eachInParallel(parts, access.concurrency, async (part) => {
    for (const item of await batchGet(access, tableName, part, { consistent })) {
      found.set(keyOf(item[keyAttribute]), decodeDocument({ M: item }));
    }
  });
  return keys.map((key) => found.get(key));
}

const keyValue = (key: LookupKey) => (typeof key === 'number' ? { N: String(key) } : { S: key });

/** The table may spell a number in another way. */
const keyOf = (value: Attributes[string] | undefined): LookupKey =>
  value?.N === undefined ? (value?.S ?? '') : Number(value.N);
