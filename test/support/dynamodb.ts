import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  type DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { dynamoClient } from '../../src/dynamodb/client.ts';
import { createTables, type TableNames } from '../../src/dynamodb/tables.ts';
import { startEmbedded } from '../../src/runtime/local/embedded.ts';

/** A DynamoDB API of its own, with tables. */
export interface LocalDynamo {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  readonly names: TableNames & { readonly result: string };
  stop(): Promise<void>;
}

export async function startDynamo(): Promise<LocalDynamo> {
  const embedded = await startEmbedded();
  const endpoint = embedded.dynamodbEndpoint;
  const client = localClient(endpoint);
  const result = uniqueTable('result');
  const names = {
    control: uniqueTable('control'),
    state: uniqueTable('state'),
    deadLetters: uniqueTable('letters'),
    results: [{ name: result, shape: 'windows' as const }],
    result,
  };
  await createTables(client, names);
  return {
    endpoint,
    client,
    names,
    async stop() {
      client.destroy();
      await embedded.stop();
    },
  };
}

export const localClient = (
  endpoint: string,
  options: Parameters<typeof dynamoClient>[0] = {},
): DynamoDBClient =>
  dynamoClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    ...options,
  });

/** A table of somebody else, with one attribute as its key. */
export async function createForeignTable(
  client: DynamoDBClient,
  TableName: string,
  { name, type }: { readonly name: string; readonly type: 'S' | 'N' },
): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: name, AttributeType: type }],
      KeySchema: [{ AttributeName: name, KeyType: 'HASH' }],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { TableName });
}

const uniqueTable = (role: string): string => `${role}-${randomUUID()}`;
