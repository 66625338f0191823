import {
  type AttributeValue,
  BatchGetItemCommand,
  type DynamoDBClient,
  type KeysAndAttributes,
} from '@aws-sdk/client-dynamodb';
import type { Key } from '../../store/store.ts';
import type { AttributeMap } from './control-event.ts';

// Source: "BatchGetItem", Amazon DynamoDB API reference.
const KEYS_MAX = 100;

/** Reads items of one table, strongly consistent; those that do not exist are left out. */
export async function readItems(
  client: DynamoDBClient,
  table: string,
  keys: readonly Key[],
): Promise<readonly AttributeMap[]> {
  const items: AttributeMap[] = [];
  for (let from = 0; from < keys.length; from += KEYS_MAX) {
    const part = keys
      .slice(from, from + KEYS_MAX)
      .map(({ pk, sk }) => ({ pk: text(pk), sk: text(sk) }));
    let request: KeysAndAttributes | undefined = { Keys: part, ConsistentRead: true };
    while (request !== undefined) {
      const command: BatchGetItemCommand = new BatchGetItemCommand({
        RequestItems: { [table]: request },
      });
      const answer = await client.send(command);
      items.push(...(answer.Responses?.[table] ?? []));
      request = answer.UnprocessedKeys?.[table];
    }
  }
  return items;
}

const text = (value: string): AttributeValue => ({ S: value });
