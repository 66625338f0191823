import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { isRefused } from '../dynamodb/access.ts';
import type { Attributes } from '../dynamodb/attribute-value.ts';
import type { DeadLetter } from './dead-letter-sink.ts';
import { markKey } from './letter-id.ts';

/** What becomes of a letter that is put into its stream again: it is one and the same record, however often it is put. */
export interface RedriveMark {
  /** Of the envelope that the record bears, however often it is put. */
  readonly producer: string;
  readonly index: number;
  /** When the first try began, ms. */
  readonly begunAt: number;
  /** When it was known to be in the stream, ms. */
  readonly doneAt?: number;
}

/** The letters of one table. */
export interface MarkAccess {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

/** `undefined`: nobody has begun to put the letter. */
export async function readMark(
  { client, tableName: TableName }: MarkAccess,
  letter: DeadLetter,
): Promise<RedriveMark | undefined> {
  const Key = markKey(letter);
  const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  return Item && decodeMark(Item);
}

/** Begins with a letter, before it is put. Returns the mark that it has: of whoever came first. */
export async function beginMark(
  access: MarkAccess,
  letter: DeadLetter,
  mark: RedriveMark,
): Promise<RedriveMark> {
  const command = new UpdateItemCommand({
    TableName: access.tableName,
    Key: markKey(letter),
    UpdateExpression: 'SET producer = :producer, #index = :index, begunAt = :begunAt',
    ConditionExpression: 'attribute_not_exists(producer)',
    ExpressionAttributeNames: { '#index': 'index' },
    ExpressionAttributeValues: {
      ':producer': { S: mark.producer },
      ':index': { N: String(mark.index) },
      ':begunAt': { N: String(mark.begunAt) },
    },
  });
  try {
    await access.client.send(command);
    return mark;
  } catch (error) {
    if (!isRefused(error)) throw error;
    return (await readMark(access, letter)) ?? mark;
  }
}

/** Says that the record is in the stream. */
export async function finishMark(
  { client, tableName }: MarkAccess,
  letter: DeadLetter,
  doneAt: number,
): Promise<void> {
  const command = new UpdateItemCommand({
    TableName: tableName,
    Key: markKey(letter),
    UpdateExpression: 'SET doneAt = :doneAt',
    ExpressionAttributeValues: { ':doneAt': { N: String(doneAt) } },
  });
  await client.send(command);
}

function decodeMark(item: Attributes): RedriveMark {
  const doneAt = item.doneAt?.N;
  return {
    producer: item.producer?.S ?? '',
    index: Number(item.index?.N),
    begunAt: Number(item.begunAt?.N),
    ...(doneAt === undefined ? {} : { doneAt: Number(doneAt) }),
  };
}
