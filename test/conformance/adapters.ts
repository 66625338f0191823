import type { Adapter } from './adapter.ts';
import { fold } from './fold.ts';
import { joins } from './joins.ts';
import { lookBack } from './look-back.ts';
import { streamTable, temporal } from './stream-table.ts';
import { foreignKeyJoins, groupedTables, tableJoins } from './tables.ts';
import { channels, partitions } from './watermarks.ts';
import { windows } from './windows.ts';

/** By the vectors' names of operators. One that is not here is one that the library does not have yet. */
export const ADAPTERS: Readonly<Record<string, Adapter>> = {
  'window.tumbling': windows,
  'window.hopping': windows,
  'window.session': windows,
  'window.sliding': windows,
  'over.range': lookBack,
  'stream.fold': fold,
  panes: windows,
  'join.stream-stream': joins,
  'join.temporal': temporal,
  'join.stream-table': streamTable,
  'watermark.partitions': partitions,
  'watermark.channels': channels,
  'join.table-table': tableJoins,
  'join.foreign-key': foreignKeyJoins,
  'table.groupBy': groupedTables,
};
