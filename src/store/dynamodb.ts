import { GetItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  type Access,
  type AccessOptions,
  accessMetered,
  accessUntil,
  call,
  isRefused,
  openAccess,
} from '../dynamodb/access.ts';
import { type Attributes, decodeItem, encodeItem } from '../dynamodb/attribute-value.ts';
import { batchGet } from '../dynamodb/batch-read.ts';
import { batchPut } from '../dynamodb/batch-write.ts';
import { itemBytes, readUnits, unitsTold, writeUnits } from '../dynamodb/units.ts';
import { eachInParallel } from '../parallel.ts';
import { compareUtf8 } from '../schema/utf8-order.ts';
import { checkItems, checkUpdate } from './checks.ts';
import { updateExpression } from './dynamodb-expression.ts';
import type { Change, Condition, Item, Key, Page, Range, Store, TableRole } from './store.ts';

export interface DynamoStoreOptions extends AccessOptions {
  /** The names of the two tables. */
  readonly tables: Readonly<Record<TableRole, string>>;
}

/**
 * The store in two DynamoDB tables with the string keys `pk` and `sk`. Requests run four at a time.
 *
 * The SDK repeats a call whose reply was lost. An update that did happen may therefore be answered as
 * refused, by what it wrote itself, and an addition without a condition may count twice: who needs to
 * know reads the item.
 *
 * Throws DeadlineError after `until`'s signal, UnavailableError for what may pass, and the SDK's own
 * error for what will not (a missing table or right, an item of more than 400 KB).
 */
export function dynamoStore(options: DynamoStoreOptions): Store {
  return storeOver(openAccess(options, 4), options.tables);
}

function storeOver(access: Access, tables: DynamoStoreOptions['tables']): Store {
  return {
    get: (table, key) => getItem(access, tables[table], key),
    getAll: (table, keys) => getItems(access, tables[table], keys),
    query: (table, range, next) => queryPage(access, tables[table], { ...range, after: next }),
    async update(table, key, change, condition) {
      checkUpdate(change, condition);
      return updateItem(access, tables[table], { key, change, condition });
    },
    async putAll(table, items) {
      checkItems(items);
      await batchPut(access, tables[table], items.map(encodeItem));
    },
    until: (signal) => storeOver(accessUntil(access, signal), tables),
    metered: (spent) => storeOver(accessMetered(access, spent), tables),
  };
}

async function getItem(access: Access, table: string, key: Key): Promise<Item | undefined> {
  const command = new GetItemCommand({
    TableName: table,
    Key: keyAttributes(key),
    ConsistentRead: true,
    ReturnConsumedCapacity: 'TOTAL',
  });
  const reply = await call(access, (options) => access.client.send(command, options));
  const estimate = () => readUnits(itemBytes(reply.Item ?? {}));
  access.onConsumed({ table, readUnits: unitsTold(reply.ConsumedCapacity, estimate) });
  return reply.Item && itemOf(reply.Item);
}

/** The most that one BatchGetItem takes (DynamoDB API reference). */
const KEYS_A_REQUEST = 100;

async function getItems(
  access: Access,
  table: string,
  keys: readonly Key[],
): Promise<(Item | undefined)[]> {
  const found = new Map<string, Item>();
  const parts: Key[][] = [];
  for (let at = 0; at < keys.length; at += KEYS_A_REQUEST) {
    parts.push(keys.slice(at, at + KEYS_A_REQUEST));
  }
  await eachInParallel(parts, access.concurrency, async (part) => {
    for (const item of await batchGet(access, table, part.map(keyAttributes))) {
      const decoded = itemOf(item);
      found.set(keyText(decoded), decoded);
    }
  });
  return keys.map((key) => found.get(keyText(key)));
}

const keyText = ({ pk, sk }: Key): string => JSON.stringify([pk, sk]);

async function queryPage(
  access: Access,
  table: string,
  range: Range & { after: string | undefined },
): Promise<Page> {
  // DynamoDB refuses such a range instead of finding nothing in it.
  if (compareUtf8(range.from, range.to) > 0) return { items: [], next: undefined };
  const command = queryCommand(table, range);
  const reply = await call(access, (options) => access.client.send(command, options));
  const found = reply.Items ?? [];
  const estimate = () => readUnits(found.reduce((sum, item) => sum + itemBytes(item), 0));
  access.onConsumed({ table, readUnits: unitsTold(reply.ConsumedCapacity, estimate) });
  return { items: found.map(itemOf), next: reply.LastEvaluatedKey?.sk?.S };
}

function queryCommand(
  table: string,
  { pk, from, to, after }: Range & { after: string | undefined },
): QueryCommand {
  return new QueryCommand({
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ExpressionAttributeValues: { ':pk': { S: pk }, ':from': { S: from }, ':to': { S: to } },
    ...(after === undefined ? {} : { ExclusiveStartKey: keyAttributes({ pk, sk: after }) }),
    ConsistentRead: true,
    ReturnConsumedCapacity: 'TOTAL',
  });
}

interface Update {
  readonly key: Key;
  readonly change: Change;
  readonly condition: Condition | undefined;
}

async function updateItem(
  access: Access,
  table: string,
  { key, change, condition }: Update,
): Promise<Item | undefined> {
  const command = new UpdateItemCommand({
    TableName: table,
    Key: keyAttributes(key),
    ...updateExpression(change, condition),
    ReturnValues: 'ALL_NEW',
    ReturnConsumedCapacity: 'TOTAL',
  });
  try {
    const reply = await call(access, (options) => access.client.send(command, options));
    const after = reply.Attributes ?? keyAttributes(key);
    const estimate = () => writeUnits(itemBytes(after));
    access.onConsumed({ table, writeUnits: unitsTold(reply.ConsumedCapacity, estimate) });
    return itemOf(after);
  } catch (error) {
    if (!isRefused(error)) throw error;
    // A refusal costs as much as the item that is there, which it does not tell; ours are small.
    access.onConsumed({ table, writeUnits: 1 });
    return undefined;
  }
}

const keyAttributes = ({ pk, sk }: Key): Attributes => ({ pk: { S: pk }, sk: { S: sk } });

/** Every item that the table returns has its key. */
const itemOf = (attributes: Attributes): Item => decodeItem(attributes) as unknown as Item;
