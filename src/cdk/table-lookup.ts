import { ConfigurationError } from '../errors.ts';
import type { LookupBinding } from './lookup-binding.ts';
import { ACTIONS, grantReadTable } from './permissions.ts';
import { type AnyTable, keyOf, textOf } from './tables.ts';
import { checkWhereabouts } from './whereabouts.ts';

/** How rows of a table are found. */
export interface TableLookupSettings {
  /** The partition key. Default: as the app says, where it creates the table. */
  readonly keyAttribute?: string;
}

/**
 * A DynamoDB table with a partition key alone, to look rows up in.
 *
 * @throws ConfigurationError TABLE_KEY when it is bound, if the key is not known, or has two parts;
 *   RESOURCE_ELSEWHERE if it lies in another account or region
 */
export function tableLookup(table: AnyTable, settings: TableLookupSettings = {}): LookupBinding {
  return {
    bind(scope, { name, reader }) {
      checkWhereabouts(scope, `the table for "${name}"`, table);
      const keyAttribute = settings.keyAttribute ?? partitionKeyOf(name, table);
      grantReadTable(reader, table, ACTIONS.lookUp);
      return { resource: { kind: 'table', name: table.tableName, keyAttribute } };
    },
  };
}

function partitionKeyOf(name: string, table: AnyTable): string {
  const key = keyOf(table);
  if (key?.length === 1) return key[0]?.[0] as string;
  throw new ConfigurationError(
    'TABLE_KEY',
    `the table for "${name}" is keyed by ${key === undefined ? 'what nobody knows here' : textOf(key)}`,
    key === undefined
      ? "Name its partition key: tableLookup(table, { keyAttribute: 'id' })."
      : 'Give a table whose partition key is its whole key.',
  );
}
