import type { Shape } from './shape.ts';

/** One attribute of a table's key; the type as DynamoDB calls it. */
export type KeyPart = readonly [name: string, type: 'S' | 'N'];

/** Partition key, and sort key where there is one. */
export type TableKey = readonly [KeyPart] | readonly [KeyPart, KeyPart];

/** What a table holds: results of some shape, dead letters, or the library's own items. */
export type TableContent = Shape | 'letters' | 'protocol';

/** What every table of the library is keyed by, whoever creates it. */
export const TABLE_KEYS: Readonly<Record<TableContent, TableKey>> = {
  protocol: [
    ['pk', 'S'],
    ['sk', 'S'],
  ],
  windows: [
    ['key', 'S'],
    ['windowStart', 'N'],
  ],
  changes: [['key', 'S']],
  events: [
    ['key', 'S'],
    ['position', 'S'],
  ],
  letters: [
    ['lane', 'S'],
    ['position', 'S'],
  ],
};

/** What a table of the connections of a WebSocket API is keyed by. */
export const CONNECTION_KEY: TableKey = [
  ['channel', 'S'],
  ['connectionId', 'S'],
];

/** The attribute with the second at which DynamoDB may delete an item of control or state. */
export const EXPIRES = 'expires';
