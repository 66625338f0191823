import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb';
import { UnavailableError } from '../errors.ts';
import { type Access, call } from './access.ts';
import type { Attributes } from './attribute-value.ts';
import { itemBytes, readUnits, unitsTold } from './units.ts';

/**
 * Reads up to 100 items, consistently unless told otherwise, and asks again for what DynamoDB left out. Those that are not
 * there are missing from the answer, which has no order. Throws UnavailableError.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 */
export async function batchGet(
  access: Access,
  table: string,
  keys: readonly Attributes[],
  { consistent = true }: { readonly consistent?: boolean } = {},
): Promise<Attributes[]> {
  const items: Attributes[] = [];
  let left = [...keys];
  for (let retry = 0; left.length > 0; retry++) {
    if (retry >= access.backoff.triesMax) throw unread(table, left.length);
    if (retry > 0) await access.backoff.pause(retry - 1, access.signal);
    const command = new BatchGetItemCommand({
      RequestItems: { [table]: { Keys: left, ConsistentRead: consistent } },
      ReturnConsumedCapacity: 'TOTAL',
    });
    const reply = await call(access, (options) => access.client.send(command, options));
    const found = Object.values(reply.Responses ?? {}).flat();
    const share = consistent ? 1 : EVENTUAL_SHARE;
    const estimate = () => share * found.reduce((sum, item) => sum + readUnits(itemBytes(item)), 0);
    access.onConsumed({ table, readUnits: unitsTold(reply.ConsumedCapacity, estimate) });
    items.push(...found);
    left = Object.values(reply.UnprocessedKeys ?? {}).flatMap(({ Keys = [] }) => Keys);
  }
  return items;
}

/** What a read costs that need not see the latest writes. */
const EVENTUAL_SHARE = 0.5;

const unread = (table: string, items: number): UnavailableError =>
  new UnavailableError(`table "${table}" left ${items} items unread`, {
    hint: 'It is tried again with the batch; if it lasts, look at the throttles of the table.',
  });
