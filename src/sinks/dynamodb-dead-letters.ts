import {
  type Access,
  type AccessOptions,
  accessMetered,
  accessUntil,
  openAccess,
} from '../dynamodb/access.ts';
import type { Attributes } from '../dynamodb/attribute-value.ts';
import { batchPut } from '../dynamodb/batch-write.ts';
import type { DeadLetter, DeadLetterSink } from './dead-letter-sink.ts';
import { keyOf, letterId } from './letter-id.ts';

export interface DeadLetterTableOptions extends AccessOptions {
  readonly tableName: string;
}

/**
 * A DynamoDB table of dead letters by `lane` (string) and `position` (string,
 * `<position>#<index>#<source>`). Requests run four at a time. Of more than 300 KB of data the
 * beginning is kept, and `truncatedFrom` tells the size; an item may have 400 KB. Errors are thrown
 * as in dynamoStore.
 */
export function deadLetterTable(options: DeadLetterTableOptions): DeadLetterSink {
  return sinkOver(openAccess(options, 4), options.tableName);
}

function sinkOver(access: Access, table: string): DeadLetterSink {
  return {
    async write(letters) {
      const items = new Map(letters.map((letter) => [letterId(letter), encodeLetter(letter)]));
      await batchPut(access, table, [...items.values()]);
    },
    until: (signal) => sinkOver(accessUntil(access, signal), table),
    metered: (spent) => sinkOver(accessMetered(access, spent), table),
  };
}

function encodeLetter(letter: DeadLetter): Attributes {
  const { data } = letter;
  const isLong = data.length > DATA_BYTES_MAX;
  return {
    ...keyOf(letter),
    source: { S: letter.source },
    reason: { S: letter.reason },
    detail: { S: letter.detail.slice(0, DETAIL_CHARS_MAX).toWellFormed() },
    arrivalTime: { N: String(letter.arrivalTime) },
    data: { B: data.subarray(0, DATA_BYTES_MAX) },
    ...(isLong ? { truncatedFrom: { N: String(data.length) } } : {}),
  };
}

const DATA_BYTES_MAX = 300 * 1024;
const DETAIL_CHARS_MAX = 4_096;
