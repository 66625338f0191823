import { type DynamoDBClient, GetItemCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import { type Attributes, plainBytes } from '../dynamodb/attribute-value.ts';
import type { DeadLetter, DeadLetterReason } from './dead-letter-sink.ts';
import { isLetter, letterKey } from './letter-id.ts';

/** A dead letter as its table keeps it. */
export interface StoredDeadLetter extends DeadLetter {
  /** How many bytes the data had, if only its beginning is kept. */
  readonly truncatedFrom?: number;
}

/** Every letter of a dead letter table, in no order that means anything. Reads the whole table. */
export async function* readDeadLetters(
  client: DynamoDBClient,
  tableName: string,
): AsyncIterable<StoredDeadLetter> {
  const pages = paginateScan({ client }, { TableName: tableName, ConsistentRead: true });
  for await (const { Items = [] } of pages) yield* Items.filter(isLetter).map(decodeLetter);
}

/** One letter by its identity, or `undefined` if the table has none of it. */
export async function readDeadLetter(
  client: DynamoDBClient,
  tableName: string,
  id: string,
): Promise<StoredDeadLetter | undefined> {
  const Key = letterKey(id);
  const command = new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true });
  const { Item } = await client.send(command);
  return Item && decodeLetter(Item);
}

function decodeLetter(item: Attributes): StoredDeadLetter {
  const source = item.source?.S ?? '';
  const { position, index } = parseSortKey(item.position?.S ?? '', source);
  const truncatedFrom = item.truncatedFrom?.N;
  return {
    source,
    lane: item.lane?.S ?? '',
    position,
    index,
    reason: (item.reason?.S ?? '') as DeadLetterReason,
    detail: item.detail?.S ?? '',
    data: plainBytes(item.data?.B ?? new Uint8Array()),
    arrivalTime: Number(item.arrivalTime?.N),
    ...(truncatedFrom === undefined ? {} : { truncatedFrom: Number(truncatedFrom) }),
  };
}

/** From the right, as a position may contain anything. */
function parseSortKey(sortKey: string, source: string): { position: string; index: number } {
  const rest = sortKey.slice(0, sortKey.length - source.length - 1);
  const mark = rest.lastIndexOf('#');
  return { position: rest.slice(0, mark), index: Number(rest.slice(mark + 1)) };
}
