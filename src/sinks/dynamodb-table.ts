import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  type Access,
  type AccessOptions,
  accessMetered,
  accessUntil,
  call,
  isRefused,
  openAccess,
} from '../dynamodb/access.ts';
import { batchPut } from '../dynamodb/batch-write.ts';
import { itemBytes, unitsTold, writeUnits } from '../dynamodb/units.ts';
import { eachInParallel } from '../parallel.ts';
import { encodeRow } from './dynamodb-row.ts';
import { newestOf } from './row.ts';
import type { Output, Sink } from './sink.ts';

export interface TableSinkOptions extends AccessOptions {
  readonly tableName: string;
}

/**
 * A DynamoDB table with one row for each key (`key`, string) and window (`windowStart`, number); or,
 * of results without windows, for each key, or for each key and `position` (string): see Shape.
 * Requests run sixteen at a time.
 *
 * A final output is written by batch and without a condition: whoever writes it, and however often,
 * writes the same. Any other is written only over a lower position, so that a repeated or delayed
 * write never hides a newer revision. Errors are thrown as in dynamoStore.
 */
export function tableSink(options: TableSinkOptions): Sink {
  return sinkOver(openAccess(options, 16), options.tableName);
}

function sinkOver(access: Access, table: string): Sink {
  return {
    async write(outputs) {
      const rows = newestOf(outputs);
      const isFinal = (output: Output) => output.final;
      await batchPut(access, table, rows.filter(isFinal).map(encodeRow));
      const open = rows.filter((output) => !isFinal(output));
      await eachInParallel(open, access.concurrency, (row) => putIfNewer(access, table, row));
    },
    until: (signal) => sinkOver(accessUntil(access, signal), table),
    metered: (spent) => sinkOver(accessMetered(access, spent), table),
  };
}

/** Refused means that the row, or a newer one, is there already. */
async function putIfNewer(access: Access, table: string, row: Output): Promise<void> {
  const item = encodeRow(row);
  const command = new PutItemCommand({
    TableName: table,
    Item: item,
    ConditionExpression: 'attribute_not_exists(#position) OR #position < :position',
    ExpressionAttributeNames: { '#position': 'position' },
    ExpressionAttributeValues: { ':position': item.position },
    ReturnConsumedCapacity: 'TOTAL',
  });
  const estimate = () => writeUnits(itemBytes(item));
  try {
    const reply = await call(access, (options) => access.client.send(command, options));
    access.onConsumed({ table, writeUnits: unitsTold(reply.ConsumedCapacity, estimate) });
  } catch (error) {
    if (!isRefused(error)) throw error;
    access.onConsumed({ table, writeUnits: estimate() });
  }
}
