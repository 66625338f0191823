import type { Attributes } from '../dynamodb/attribute-value.ts';
import { decodeDocument, encodeDocument } from '../dynamodb/document-value.ts';
import type { Row } from './row.ts';

/** A row as a DynamoDB item: the fields of Row as attributes, `value` as a document. */
export function encodeRow({ key, windowStart, windowEnd, value, revision, position }: Row) {
  return {
    key: { S: key },
    windowStart: { N: String(windowStart) },
    windowEnd: { N: String(windowEnd) },
    value: encodeDocument(value),
    revision: { N: String(revision) },
    position: { S: position },
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
  };
}
