import type { Attributes } from '../dynamodb/attribute-value.ts';
import { decodeDocument, encodeDocument } from '../dynamodb/document-value.ts';
import type { Row } from './row.ts';

/** A row as a DynamoDB item: the fields of Row as attributes, `value` as a document. */
export function encodeRow(row: Row) {
  return {
    key: { S: row.key },
    windowStart: { N: String(row.windowStart) },
    windowEnd: { N: String(row.windowEnd) },
    value: encodeDocument(row.value),
    revision: { N: String(row.revision) },
    position: { S: row.position },
    ...(row.old === undefined ? {} : { old: encodeDocument(row.old) }),
    ...(row.early ? { early: { BOOL: true } } : {}),
    ...(row.retracted ? { retracted: { BOOL: true } } : {}),
  } satisfies Attributes;
}

/** The inverse; numbers that became text in `value` stay text (see encodeDocument). */
export function decodeRow(attributes: Attributes): Row {
  return {
    key: attributes.key?.S ?? '',
    windowStart: Number(attributes.windowStart?.N),
    windowEnd: Number(attributes.windowEnd?.N),
    value: decodeDocument(attributes.value ?? { NULL: true }),
    revision: Number(attributes.revision?.N),
    position: attributes.position?.S ?? '',
    ...(attributes.old === undefined ? {} : { old: decodeDocument(attributes.old) }),
    ...(attributes.early?.BOOL ? { early: true } : {}),
    ...(attributes.retracted?.BOOL ? { retracted: true } : {}),
  };
}
