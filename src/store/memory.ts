import { memoryTable } from './memory-table.ts';
import { type TableStore, tableStore } from './table-store.ts';

/** A store that one can look into. */
export type MemoryStore = TableStore;

export interface MemoryStoreOptions {
  /** How many items a page has. Small by default (100), so that reading on is exercised. */
  readonly pageSize?: number;
}

/** Keeps everything in this process: for tests and the simulator. */
export function memoryStore({ pageSize = 100 }: MemoryStoreOptions = {}): MemoryStore {
  const tables = { control: memoryTable(), state: memoryTable() };
  return tableStore(tables, { first: pageSize, next: pageSize });
}
