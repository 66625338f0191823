import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { decodeRow } from './dynamodb-row.ts';
import type { Row } from './row.ts';

/**
 * Every row of a result table that was not retracted, in no order that means anything. Reads the whole table, consistently
 * page by page: for tests, small tables and the command line.
 */
export async function* readTable(client: DynamoDBClient, tableName: string): AsyncIterable<Row> {
  const pages = paginateScan({ client }, { TableName: tableName, ConsistentRead: true });
  for await (const { Items = [] } of pages) {
    yield* Items.map(decodeRow).filter((row) => !row.retracted);
  }
}
