import { ACTIONS, grantReadTable, grantWriteTable } from './permissions.ts';
import type { SinkBinding } from './sink-binding.ts';
import { type AnyTable, checkKey, createTable } from './tables.ts';
import { checkWhereabouts } from './whereabouts.ts';

/**
 * A DynamoDB table as a sink: one that exists, or one that is created with the key that its content
 * asks for. docs/operations.md names the keys.
 *
 * @throws ConfigurationError TABLE_KEY, RESOURCE_ELSEWHERE when it is bound, if the table has another key or lies
 *   in another account or region
 */
export function tableSink(existing?: AnyTable): SinkBinding {
  return {
    bind(scope, { name, holds, writers, deployment, tables }) {
      if (existing) {
        checkWhereabouts(scope, `the table for "${name}"`, existing);
        checkKey(name, existing, holds);
      }
      const table = existing ?? createTable(scope, 'Table', { ...tables, holds, deployment });
      const actions = holds === 'letters' ? ACTIONS.writeLetters : ACTIONS.writeResults;
      for (const writer of writers) grantWriteTable(writer, table, actions);
      return {
        resource: { kind: 'table', name: table.tableName },
        table,
        grantRead: (grantee) => void grantReadTable(grantee, table),
      };
    },
  };
}
