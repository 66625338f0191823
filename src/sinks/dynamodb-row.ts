import type { Attributes } from '../dynamodb/attribute-value.ts';
import { decodeDocument, encodeDocument } from '../dynamodb/document-value.ts';
import type { Row } from './row.ts';
import type { Output } from './sink.ts';

/**
 * A row as a DynamoDB item: the fields of Row as attributes, `value` as a document. What is of no window
 * has its `time`.
 */
export function encodeRow(row: Row & Pick<Output, 'shape'>) {
  return {
    key: { S: row.key },
    ...timesOf(row),
    value: encodeDocument(row.value),
    revision: { N: String(row.revision) },
    position: { S: row.position },
    ...(row.old === undefined ? {} : { old: encodeDocument(row.old) }),
    ...(row.early ? { early: { BOOL: true } } : {}),
    ...(row.retracted ? { retracted: { BOOL: true } } : {}),
  } satisfies Attributes;
}

function timesOf({ shape, windowStart, windowEnd }: Row & Pick<Output, 'shape'>): Attributes {
  if (shape !== 'windows') return { time: { N: String(windowStart) } };
  return { windowStart: { N: String(windowStart) }, windowEnd: { N: String(windowEnd) } };
}

/** The inverse; numbers that became text in `value` stay text (see encodeDocument). */
export function decodeRow(attributes: Attributes): Row {
  return {
    key: attributes.key?.S ?? '',
    windowStart: Number((attributes.windowStart ?? attributes.time)?.N),
    windowEnd: attributes.time ? Number(attributes.time.N) + 1 : Number(attributes.windowEnd?.N),
    value: decodeDocument(attributes.value ?? { NULL: true }),
    revision: Number(attributes.revision?.N),
    position: attributes.position?.S ?? '',
    ...(attributes.old === undefined ? {} : { old: decodeDocument(attributes.old) }),
    ...(attributes.early?.BOOL ? { early: true } : {}),
    ...(attributes.retracted?.BOOL ? { retracted: true } : {}),
  };
}
