import { BatchWriteItemCommand, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { UnavailableError } from '../errors.ts';
import { eachInParallel } from '../parallel.ts';
import { type Access, call } from './access.ts';
import type { Attributes } from './attribute-value.ts';
import { itemBytes, unitsTold, writeUnits } from './units.ts';

/**
 * Puts items whose keys differ from one another, several requests at a time. Returns when every one
 * is stored; throws UnavailableError if some are still unprocessed after all tries.
 */
export async function batchPut(
  access: Access,
  table: string,
  items: readonly Attributes[],
): Promise<void> {
  const requests = splitForRequests(items);
  await eachInParallel(requests, access.concurrency, (request) => putAll(access, table, request));
}

/**
 * At most 25 items and 16 MB a request. The bytes are those on the wire, where binary values are a
 * third longer; a quarter of the limit is left for what JSON adds.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
export function splitForRequests(items: readonly Attributes[]): Attributes[][] {
  const requests: Attributes[][] = [];
  let room = 0;
  for (const item of items) {
    const bytes = (itemBytes(item) * 4) / 3;
    const last = requests.at(-1);
    if (last === undefined || last.length === ITEMS_MAX || bytes > room) {
      requests.push([item]);
      room = BYTES_MAX - bytes;
    } else {
      last.push(item);
      room -= bytes;
    }
  }
  return requests;
}

/** Resends what DynamoDB did not process until nothing is left. */
async function putAll(access: Access, table: string, items: Attributes[]): Promise<void> {
  const { triesMax } = access.backoff;
  let left = await putSome(access, table, items);
  for (let retry = 0; left.length > 0; retry++) {
    if (retry + 1 >= triesMax) throw unprocessed(table, left.length, triesMax);
    await access.backoff.pause(retry, access.signal);
    left = await putSome(access, table, left);
  }
}

/** One request. Returns the items that were not processed. */
async function putSome(access: Access, table: string, items: Attributes[]): Promise<Attributes[]> {
  const command = new BatchWriteItemCommand({
    RequestItems: { [table]: items.map((item) => ({ PutRequest: { Item: item } })) },
    ReturnConsumedCapacity: 'TOTAL',
  });
  const reply = await call(access, (options) => access.client.send(command, options));
  const left = itemsOf(Object.values(reply.UnprocessedItems ?? {}).flat());
  const estimate = () => unitsOf(items) - unitsOf(left);
  access.onConsumed({ table, writeUnits: unitsTold(reply.ConsumedCapacity, estimate) });
  return left;
}

const itemsOf = (requests: readonly WriteRequest[]): Attributes[] =>
  requests.flatMap(({ PutRequest }) => (PutRequest?.Item === undefined ? [] : [PutRequest.Item]));

const unitsOf = (items: readonly Attributes[]): number =>
  items.reduce((sum, item) => sum + writeUnits(itemBytes(item)), 0);

function unprocessed(table: string, items: number, tries: number): UnavailableError {
  return new UnavailableError(
    `table "${table}" left ${items} items unprocessed in ${tries} tries`,
    {
      hint: 'It is tried again with the batch; if it lasts, look at the throttles of the table.',
    },
  );
}

const ITEMS_MAX = 25;
const BYTES_MAX = 12 * 1024 * 1024;
